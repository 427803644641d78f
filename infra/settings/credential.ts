// Credentials that somebody wrote into a plain setting: known by the form that their issuers give them.
//
// Only forms that nothing else has: what is found stops the run. The forms are those that the issuers publish for
// scanners, such as GitHub's "supported secret scanning patterns".

const FORMS: readonly (readonly [what: string, form: RegExp])[] = [
  ["a private key", /-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY-----/],
  ["a URL with a password", /\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@]*:[^\s/@]+@/i],
  ["a GitHub token", /\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_\w{22,})/],
  ["a GitLab token", /\bglpat-[\w-]{20,}/],
  ["a Slack token", /\bxox[abeoprs]-[\w-]{10,}/],
  ["a Stripe key", /\b(?:[rs]k_(?:live|test)_[A-Za-z0-9]{16,}|whsec_[A-Za-z0-9]{24,})/],
  ["an AWS access key", /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/],
  ["a Google API key", /\bAIza[\w-]{35}/],
  ["an npm token", /\bnpm_[A-Za-z0-9]{36}/],
  ["a SendGrid key", /\bSG\.[\w-]{22}\.[\w-]{43}/],
  ["a Telegram bot's token", /\b\d{8,10}:[\w-]{35}\b/],
  ["an API key", /\bsk-(?:[a-z]+-)*[\w-]{20,}/],
  ["a signed web token (JWT)", /\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}/],
  ["a Pulumi token", /\bpul-[0-9a-f]{40}\b/],
];

/** What credential a value holds, in words; undefined where none is seen. Lists and maps are looked through. */
export function credentialIn(value: unknown): string | undefined {
  if (typeof value === "string") return FORMS.find(([, form]) => form.test(value))?.[0];
  if (typeof value !== "object" || value === null) return undefined;
  for (const inner of Object.values(value)) {
    const found = credentialIn(inner);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Words that name a credential wherever they stand in a name, and those that do as a word of it. */
const NAMED = /secret|passw(?:or)?d|passphrase|credential|api_?key|private_?key/i;
const WORD = /(?:^|[_.-])(?:token|key|pass|pwd|dsn|salt|pepper)(?:$|[_.-])/i;
const CAMEL = /[a-z](?:Token|Key|Pass)$/;
/** What is no credential for all that: what browsers get, and the path of a file. */
const OPEN = /public|publishable|_file$|_path$/i;

/** Whether a variable's name says that its value is a credential. For a first guess only: names lie. */
export function isCredentialName(name: string): boolean {
  return !OPEN.test(name) && (NAMED.test(name) || WORD.test(name) || CAMEL.test(name));
}
