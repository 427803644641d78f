// Whether a value is likely a secret, by its name or by itself. A wrong guess costs an encryption, or a line to write.
import { credentialIn, isCredentialName } from "../../infra/settings/credential.ts";

/** More words that name a credential than a check would refuse. */
const CAUTIOUS =
  /jwt|auth(?!or)|cred|private|signing|cipher|encrypt|salt|webhook|license|connection_?string|token|bearer|hmac|pass(?!ive|enger|through|_?port)|(?:^|_)p(?:w|at|in)(?:_|$)/i;
/** Words of a name that say where something is, or how long it counts. */
const ADDRESS = /(?:^|[_.-])(?:ur[il]s?|hosts?|hostname|path|file|expir\w*|ttl|enabled)(?:$|[_.-])/i;
/** What is no credential whatever it is called. */
const HARMLESS = /^(true|false|yes|no|on|off|\d{1,6}|\d+[smhd]|info|debug|warn|error)$/i;
/** Names of passwords, which may be a number. */
const PASSWORD = /(?:passw(?:or)?d|pass|pwd|secret|(?:^|_)p(?:w|in))$/i;
/** A long word of letters and digits without a meaning, such as a key. */
const RANDOM = /^(?=.*\d)(?=.*[a-z])[A-Za-z0-9+/_=-]{24,}$/i;
/** Credentials inside a longer text: an assignment, a header, the options of well-known clients. What begins with `$` is read elsewhere. */
const INSIDE = [
  /(?:passw(?:or)?d|\bpass|pwd|secret|token|api_?key)["']?\s*[=:]\s*["']?[^\s"'&;,$]/i,
  /authorization["']?\s*[:=]\s*["']?(?:bearer|basic|token)\s+[^\s$]/i,
  /(?:^|\s)(?:-u|--user)[\s=]*["']?[^\s:$"']*[a-z][^\s:$"']*:[^\s$"'/]/i,
  /\b(?:mysql|mariadb)[\w-]*\s(?:.*\s)?-p["']?[^\s$"']/,
  /\bredis-cli\s(?:.*\s)?-a\s+["']?[^\s$"']/,
];

/** Does a text hold a credential, by its form? */
export function holdsCredential(text: string): boolean {
  return credentialIn(text) !== undefined || INSIDE.some((form) => form.test(text));
}

/** Does a variable look like a secret, by its name or by its value? */
export function isLikelySecret(name: string, value: string): boolean {
  if (value === "") return false;
  if (PASSWORD.test(name) && /^\d{3,6}$/.test(value)) return true;
  if (HARMLESS.test(value)) return false;
  if (holdsCredential(value) || RANDOM.test(value)) return true;
  return isCredentialName(name) || (CAUTIOUS.test(name) && !ADDRESS.test(name));
}
