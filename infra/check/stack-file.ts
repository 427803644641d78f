// Reads Pulumi.<stack>.yaml: raw values by key, and what is wrong with the file itself.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, normalize } from "node:path";
import { nameProblem } from "../../components/names.ts";
import { closest } from "../settings/closest.ts";
import { type Path, set } from "../settings/issue.ts";
import type { RawValue } from "../settings/read.ts";
import { isMap, type Known } from "../settings/structures.ts";
import { fileProblem, type Place, type Problem, quote, toProblem } from "./problem.ts";
import type { Project } from "./project-file.ts";
import {
  cipherProblems,
  foreignProblems,
  isSecure,
  ownKey,
  type Sealed,
  withoutCiphers,
} from "./stack-keys.ts";
import { parseYaml } from "./yaml-file.ts";

/** A stack file's settings. */
export interface StackFile {
  /** Its settings could be read; if not, a problem says why. */
  readable: boolean;
  raw: Map<string, RawValue>;
  /** What it says in other namespaces, by full key; encrypted values are left out. */
  foreign: Map<string, unknown>;
  problems: Problem[];
  /** Where a setting stands, or should stand. */
  locate: Place["locate"];
  /** Further settings come from a Pulumi ESC environment, which only the engine can read. */
  hasEnvironment: boolean;
}

const TOP_LEVEL = ["config", "encryptionsalt", "encryptedkey", "secretsprovider", "environment"];

/** Names of the project's stacks that have a file. */
export function stacksIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder).flatMap((file) => /^Pulumi\.([^.]+)\.ya?ml$/.exec(file)?.[1] ?? []);
}

/** Reads the file of a stack; `known` are the system's keys. */
export function loadStack(
  folder: string,
  project: Project,
  stack: string,
  known: Record<string, Known>,
): StackFile {
  const relative = (extension: string) =>
    normalize(join(project.stackConfigDir, `Pulumi.${stack}.${extension}`));
  const empty = {
    readable: false,
    raw: new Map(),
    foreign: new Map(),
    locate: () => ({ file: relative("yaml") }),
    hasEnvironment: false,
  };
  const invalid = nameProblem(stack);
  if (invalid !== undefined) {
    const reason = `stack ${invalid}`;
    const near = stacksIn(join(folder, project.stackConfigDir)).find((name) => name === stack.toLowerCase());
    const fix = `pulumi stack select ${near ?? "staging"}`;
    return { ...empty, problems: [fileProblem("stack-name", { file: project.file }, reason, fix)] };
  }
  const file = existsSync(join(folder, relative("yml"))) ? relative("yml") : relative("yaml");
  if (!existsSync(join(folder, file))) return { ...empty, problems: [noFile(folder, project, stack, file)] };
  let source: string;
  try {
    source = readFileSync(join(folder, file), "utf8");
  } catch (error) {
    const reason = `can't be read: ${(error as NodeJS.ErrnoException).code ?? "unknown error"}`;
    return { ...empty, problems: [fileProblem("unreadable", { file }, reason, `ls -l ${quote(file)}`)] };
  }
  return readFile(source, file, project, stack, known);
}

function noFile(folder: string, project: Project, stack: string, file: string): Problem {
  const stacks = stacksIn(join(folder, project.stackConfigDir));
  const near = closest(stack, stacks);
  const others = stacks.length === 0 ? "there is no stack file" : `there are ${stacks.sort().join(", ")}`;
  const hint = near === undefined ? "" : `; did you mean ${near}?`;
  const fix = near === undefined ? `pulumi stack init ${quote(stack)}` : `pulumi stack select ${quote(near)}`;
  return fileProblem("no-stack-file", { file }, `is missing: ${others}${hint}`, fix);
}

function readFile(
  source: string,
  file: string,
  project: Project,
  stack: string,
  known: Record<string, Known>,
) {
  const yaml = parseYaml(source, file);
  const raw = new Map<string, RawValue>();
  const names = new Map<string, string>();
  const locate = (path: Path) => {
    const [key, ...rest] = path;
    const name = names.get(String(key)) ?? String(key);
    return { file, line: yaml.lineOf(["config", name, ...rest]) };
  };
  const place: Place = { project: project.name, stack, locate };
  const result: StackFile = {
    readable: false,
    raw,
    foreign: new Map(),
    problems: [...yaml.problems],
    locate,
    hasEnvironment: false,
  };
  const data = yaml.data ?? {};
  if (yaml.problems.length > 0) return result;
  if (!isMap(data)) {
    result.problems.push(fileProblem("wrong-type", { file }, "is no map: settings stand below 'config:'"));
    return result;
  }
  result.hasEnvironment = data.environment !== undefined;
  result.problems.push(...topLevelProblems(data, file, (name) => yaml.lineOf([name])));
  const config = data.config ?? {};
  if (!isMap(config)) {
    const position = { file, line: yaml.lineOf(["config"]) };
    result.problems.push(fileProblem("wrong-type", position, "config is no map of settings"));
    return result;
  }
  result.readable = true;
  const salted = data.encryptionsalt !== undefined || data.encryptedkey !== undefined;
  for (const [name, value] of Object.entries(config)) {
    const key = ownKey(name, project.name);
    if (key === undefined) {
      if (!isSecure(value)) result.foreign.set(name, value);
      result.problems.push(...foreignProblems(name, value, place, known, Object.keys(config)));
    } else if (names.has(key)) {
      const reason = `stands twice, as ${names.get(key)} and as ${name}; one of them would be lost`;
      result.problems.push(
        fileProblem("duplicate-key", { file, line: yaml.lineOf(["config", name]) }, reason),
      );
    } else {
      names.set(key, name);
      const secure = isSecure(value);
      const sealed: Sealed[] = [];
      const opened = withoutCiphers(value, [key], sealed);
      raw.set(key, { value: secure ? undefined : opened, secure });
      for (const { cipher, path } of sealed)
        result.problems.push(...cipherProblems(cipher, path, salted, place));
    }
  }
  for (const { path, reason, value } of yaml.surprises) {
    const [top, name, ...rest] = path;
    const key = top === "config" ? ownKey(String(name), project.name) : undefined;
    if (key === undefined) continue;
    const at = [key, ...rest];
    const fix = value === undefined ? [] : [set(value, at)];
    result.problems.push(toProblem({ problem: "notation", path: at, reason, fix }, place));
  }
  return result;
}

function topLevelProblems(
  data: Record<string, unknown>,
  file: string,
  line: (name: string) => number | undefined,
) {
  return Object.keys(data)
    .filter((name) => !TOP_LEVEL.includes(name))
    .map((name) => {
      const near = closest(name, TOP_LEVEL) ?? (name.includes(":") ? "a line below 'config:'" : undefined);
      const hint = near === undefined ? "" : `; did you mean ${near}?`;
      return fileProblem(
        "unknown-top-level",
        { file, line: line(name) },
        `${name} means nothing here${hint}`,
      );
    });
}
