// Looks for secrets in texts: as they are, and in each form in which programs like to write them down.

/** Something that must not be found. */
export interface Secret {
  /** What it is, for the report: its value is never repeated. */
  name: string;
  value: string;
}

/** A text from somewhere. */
export interface Text {
  /** Kind of place, for example `docker inspect: labels`. */
  kind: string;
  /** Which of its kind: a file, a container, a process. */
  where: string;
  text: string;
}

/** A secret that was found. */
export interface Finding {
  kind: string;
  where: string;
  secret: string;
  /** How it was written. */
  form: string;
}

/** The part of a base64 text that depends on the secret alone, for each of the three places that it can begin at. */
function base64Parts(secret: string, encoding: "base64" | "base64url"): string[] {
  const bytes = Buffer.from(secret);
  return [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes])
      .toString(encoding)
      .replace(/=+$/, "");
    // Six bits a character: those that hold bits of what stands before or after are left out.
    const first = Math.ceil((before * 8) / 6);
    const last = Math.floor(((before + bytes.length) * 8) / 6);
    return text.slice(first, last);
  });
}

/** As Go's encoding/json writes it. */
function goJson(text: string): string {
  const escaped = JSON.stringify(text).slice(1, -1);
  return escaped.replace(/[<>&\u2028\u2029]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** Escaped for a URL with capital or small digits, and as in a form. */
function urlForms(text: string): string[] {
  const escaped = encodeURIComponent(text);
  const strict = escaped.replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
  const small = (url: string) => url.replace(/%[0-9A-F]{2}/g, (hex) => hex.toLowerCase());
  const form = new URLSearchParams({ x: text }).toString().slice(2);
  const userinfo = new URL("http://host");
  userinfo.password = text;
  return [escaped, strict, small(escaped), small(strict), form, userinfo.password];
}

/** Every form that is looked for, by name. */
export function formsOf(secret: string): [string, string][] {
  const json = JSON.stringify(secret).slice(1, -1);
  const hex = Buffer.from(secret).toString("hex");
  const all: [string, string][] = [
    ["raw", secret],
    ["JSON", json],
    ["JSON in JSON", JSON.stringify(json).slice(1, -1)],
    ["JSON of Go", goJson(secret)],
    ["JSON of Go in JSON", JSON.stringify(goJson(secret)).slice(1, -1)],
    ...urlForms(secret).map((form): [string, string] => ["URL", form]),
    ...base64Parts(secret, "base64").map((part): [string, string] => ["base64", part]),
    ...base64Parts(secret, "base64url").map((part): [string, string] => ["base64url", part]),
    ["hex", hex],
    ["hex", hex.toUpperCase()],
    ["SQL", secret.replaceAll("'", "''")],
    ["shell", secret.replaceAll("'", "'\\''")],
  ];
  const seen = new Set<string>();
  return all.filter(([, form]) => !seen.has(form) && seen.add(form));
}

/** Shorter secrets would be found everywhere by chance. */
const SHORTEST = 10;

/** Every secret that stands in one of the texts; each once per text. @throws when a secret is too short to look for */
export function scan(texts: readonly Text[], secrets: readonly Secret[]): Finding[] {
  return secrets.flatMap(({ name, value }) => {
    if (value.length < SHORTEST) throw new Error(`${name} is too short to look for`);
    const forms = formsOf(value);
    return texts.flatMap(({ kind, where, text }) => {
      const form = forms.find(([, part]) => text.includes(part));
      return form === undefined ? [] : [{ kind, where, secret: name, form: form[0] }];
    });
  });
}
