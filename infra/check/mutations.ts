// For tests of the check: seeded spoiling of stack files, as hands, merges and scripts do it.

/** Numbers from 0 up to but without 1, the same for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

type Random = () => number;
type Mutation = (source: string, random: Random) => string;

const VALUES = [
  ..."|0|-1|1|3100|3101|65536|99999999999999999999|1.5|1e3|.inf|.nan|0x1f|0777|1_000|+5|''|\"\"| ".split("|"),
  ..."true|false|yes|No|null|~|[]|{}|[1, 2]|[redis]|{a: 1}|{secure: abc}|{secure: [1]}|{kind: own}".split(
    "|",
  ),
  ..."512m|1g|-1g|512|latest|redis|redis:latest|a.example.com|A_B|ssh://x|ssh://a@b|unix:///x|10.0.0.1".split(
    "|",
  ),
  ...'2026-01-01|12:30:45|*x|&x 1|!t 1|!!binary aGk=|%a|@a|`a`|? a|- a|a: b: c|"\\u0000"|\u202eabc|😀'.split(
    "|",
  ),
  "x".repeat(5000),
  "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]",
  "{__proto__: {a: 1}}",
  "{<<: {app: {pids: 64}}}",
];
const KEYS = [
  ..."hostname hostPort bindAddress postgresPort image replicas limits banner logLevel voipSync voipToken".split(
    " ",
  ),
  ..."noindex basicAuthUser tunnel protectData releaseData dockerHost postgresForwardPort secretsAs".split(
    " ",
  ),
  ..."hostnam HOSTPORT constructor __proto__ toString a.b a[0] config:image".split(" "),
];
const CHARACTERS = [..."\t\n :#{}[]\"'&*!|>%@`,-?\u0000\u00a0\ufeff\u2028é"];

/** Each spoils a file in its own way. */
const MUTATIONS: Mutation[] = [
  // Another value for a line.
  (source, random) =>
    onLine(source, random, (line) => line.replace(/:( |$).*$/, () => `: ${pick(VALUES, random)}`)),
  (source, random) =>
    onLine(source, random, (line) => line.replace(/:( |$).*$/, () => `: ${pick(VALUES, random)}`)),
  // A new key.
  (source, random) => `${source.trimEnd()}\n  oracle:${pick(KEYS, random)}: ${pick(VALUES, random)}\n`,
  (source, random) =>
    `${source.trimEnd()}\n  ${pick(["oracl", "aws", "", "pulumi", "oracle:config"], random)}:${pick(KEYS, random)}: 1\n`,
  // A line lost, doubled, moved in, or swapped with the next.
  (source, random) => onLine(source, random, () => ""),
  (source, random) => onLine(source, random, (line) => `${line}\n${line}`),
  (source, random) => onLine(source, random, (line) => ` ${line}`),
  (source, random) => onLine(source, random, (line) => line.trimStart()),
  // A key misspelt.
  (source, random) => onLine(source, random, (line) => line.replace(/[a-z](?=[a-z]*: )/i, "")),
  // A character put in, taken out, or the rest cut off.
  (source, random) => splice(source, random, 0, pick(CHARACTERS, random)),
  (source, random) => splice(source, random, 1, ""),
  (source, random) => source.slice(0, Math.floor(random() * source.length)),
  // A merge gone wrong.
  (source, random) =>
    onLine(source, random, (line) => `<<<<<<< HEAD\n${line}\n=======\n${line}x\n>>>>>>> branch`),
];

/** A file after one to three mutations. */
export function mutate(source: string, seed: number): string {
  const random = seeded(seed);
  const times = 1 + Math.floor(random() * 3);
  return Array.from({ length: times }).reduce<string>(
    (text) => pick(MUTATIONS, random)(text, random),
    source,
  );
}

function pick<T>(list: T[], random: Random): T {
  return list[Math.floor(random() * list.length)] as T;
}

function onLine(source: string, random: Random, change: (line: string) => string): string {
  const lines = source.split("\n");
  const index = Math.floor(random() * lines.length);
  lines[index] = change(lines[index] ?? "");
  return lines.join("\n");
}

function splice(source: string, random: Random, remove: number, insert: string): string {
  const at = Math.floor(random() * (source.length + 1));
  return `${source.slice(0, at)}${insert}${source.slice(at + remove)}`;
}
