// Watches a machine from a process of its own while commands run: every new process with its arguments and variables,
// every version of every file in some folders. What it sees stays in its memory; it answers with what it found.
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type Finding, type Secret, scan, type Text } from "./secret-scan.ts";

/** What to look for; `folders` are watched from the start. */
export interface Question {
  secrets: Secret[];
}

/** What was found, and how much was looked at. */
export interface Answer {
  findings: Finding[];
  rounds: number;
  /** Longest time between two looks at the processes, in milliseconds. */
  longestGapMs: number;
  processes: number;
  fileVersions: number;
}

const EVERY_MS = 20;
const MAX_FILE_BYTES = 20 * 1024 * 1024;
const folders = JSON.parse(process.argv[2] ?? "[]") as string[];

const texts: Text[] = [];
const seenText = new Set<string>();
/** Last arguments by process: a process that calls exec has new ones. */
const lastArguments = new Map<string, string>();
const versions = new Map<string, string>();
let processCount = 0;

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return undefined;
  }
}

/** Keeps a text once. Secrets are ASCII or UTF-8: latin1 keeps their bytes. */
function keep(kind: string, where: string, bytes: string): void {
  const key = `${kind}\0${where}\0${bytes}`;
  if (seenText.has(key)) return;
  seenText.add(key);
  texts.push({ kind, where, text: Buffer.from(bytes, "latin1").toString("utf8") });
}

/** Container of a process, by its control groups. */
function containerOf(pid: string): string {
  const [, id] = /docker[/-]([0-9a-f]{64})/.exec(read(`/proc/${pid}/cgroup`) ?? "") ?? [];
  return id === undefined ? "" : ` in ${id.slice(0, 12)}`;
}

/** A process by its program and first argument, and its container. */
function placeOf(line: string, container: string): string {
  return `${line.split("\0").slice(0, 2).join(" ")}${container}`;
}

function lookAtProcesses(first: boolean): void {
  for (const pid of readdirSync("/proc")) {
    if (pid < "0" || pid > "9~") continue;
    const line = read(`/proc/${pid}/cmdline`);
    if (line === undefined || line === "" || lastArguments.get(pid) === line) continue;
    lastArguments.set(pid, line);
    // What ran before is not of our making, and not ours to look into.
    if (first) continue;
    processCount += 1;
    const before = containerOf(pid);
    keep("process list", placeOf(line, before), line);
    const variables = read(`/proc/${pid}/environ`);
    // It may have become another program meanwhile, or been put into its container; or it has ended, and then only
    // what was read before tells where it was.
    const where = placeOf(read(`/proc/${pid}/cmdline`) || line, containerOf(pid) || before);
    // One text a variable, so that a finding names it.
    for (const variable of variables?.split("\0") ?? []) {
      keep("environment of a process", `${variable.slice(0, variable.indexOf("="))} of ${where}`, variable);
    }
  }
}

function lookAtFiles(folder: string): void {
  let entries: string[];
  try {
    entries = readdirSync(folder);
  } catch {
    return;
  }
  for (const entry of entries) {
    const path = join(folder, entry);
    const facts = statSync(path, { throwIfNoEntry: false });
    if (facts === undefined || entry === "node_modules") continue;
    if (facts.isDirectory()) {
      lookAtFiles(path);
      continue;
    }
    const version = `${facts.ino} ${facts.mtimeMs} ${facts.size}`;
    if (!facts.isFile() || facts.size > MAX_FILE_BYTES || versions.get(path) === version) continue;
    const bytes = read(path);
    if (bytes === undefined) continue;
    versions.set(path, version);
    keep("file", path, bytes);
  }
}

let rounds = 0;
let longestGapMs = 0;
let last: number | undefined;

function look(): void {
  const now = performance.now();
  if (last !== undefined) longestGapMs = Math.max(longestGapMs, now - last);
  last = now;
  lookAtProcesses(rounds === 0);
  if (rounds % 3 === 0) for (const folder of folders) lookAtFiles(folder);
  rounds += 1;
}

look();
const timer = setInterval(look, EVERY_MS);
process.stdout.write("watching\n");

createInterface({ input: process.stdin }).once("line", (line) => {
  clearInterval(timer);
  look();
  const { secrets } = JSON.parse(line) as Question;
  const answer: Answer = {
    findings: scan(texts, secrets),
    rounds,
    longestGapMs,
    processes: processCount,
    fileVersions: texts.filter(({ kind }) => kind === "file").length,
  };
  process.stdout.write(`${JSON.stringify(answer)}\n`, () => process.exit(0));
});
