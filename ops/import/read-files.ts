// Finds out whose files a folder has, compose's or Kamal's, and reads both environments.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { quote } from "../../infra/check/problem.ts";
import { UserError } from "../engine/errors.ts";
import { loadCompose } from "./compose/load.ts";
import { destinationOf, loadKamal } from "./kamal/load.ts";
import { KAMAL } from "./kamal/origin.ts";
import { isKamalFile, kamalFilesIn } from "./kamal/sources.ts";
import { COMPOSE, type Origin } from "./origin.ts";
import { STACKS, type Stack } from "./pair.ts";
import { type Project, projectOf, type Told } from "./project.ts";
import { BASE, importCommand, namesOfSources, type SourceOptions, sourcesOf, WORDS } from "./sources.ts";

/** Both environments, read. */
export interface ReadFiles {
  origin: Origin;
  projects: Record<Stack, Project>;
  /** How the page names what each was read from. */
  names: Record<Stack, string[]>;
}

/** Gives a variable of the shell, in which Kamal's secrets may stand. */
export type Shell = (name: string) => string | undefined;

/** Reads them. @throws UserError by file and line, and where it can't be told whose files to read */
export function readFiles(
  folder: string,
  options: SourceOptions,
  shell: Shell = (name) => process.env[name],
): ReadFiles {
  const kamal = kamalFiles(folder, options);
  if (kamal === undefined) {
    const sources = sourcesOf(folder, options);
    return {
      origin: COMPOSE,
      names: namesOfSources(sources),
      projects: each((stack) => projectOf(loadCompose(sources[stack]))),
    };
  }
  refuseComposeFlags(options);
  const load = (stack: Stack) => loadKamal({ folder, files: kamal.files[stack], stack, shell });
  const read = each(load);
  const borrowed: Told[] = [];
  for (const stack of STACKS) {
    const other = stack === "staging" ? "production" : "staging";
    // The base alone often names no host: then it is no environment by itself.
    if (kamal.files[stack].length > 1 || hasRoleHosts(read[stack]) || !hasRoleHosts(read[other])) continue;
    kamal.files[stack] = kamal.files[other];
    read[stack] = load(stack);
    const why = `config/deploy.yml names no host, and no destination is ${stack}'s: it was read from ${other}'s files`;
    borrowed.push({ kind: "decide", subject: "all", text: why });
  }
  const projects = each((stack): Project => {
    const others = kamal.others.map((file) => ({
      ...{ kind: "decide" as const, subject: "all" },
      text: `${file} is not read: of the destinations, one is staging and one production`,
      line: `${importCommand(folder)} --staging ${quote(`config/deploy.yml,${file}`)} --production config/deploy.yml`,
    }));
    const beside = kamal.beside.map((file) => ({
      ...{ kind: "left" as const, subject: "all" },
      text: `${file} is not read: what is deployed stands in Kamal's files`,
    }));
    return { ...read[stack], told: [...read[stack].told, ...borrowed, ...others, ...beside] };
  });
  const names = each((stack) => [...kamal.files[stack], ...read[stack].secretFiles]);
  return { origin: KAMAL, projects, names };
}

function each<T>(make: (stack: Stack) => T): Record<Stack, T> {
  return Object.fromEntries(STACKS.map((stack) => [stack, make(stack)])) as Record<Stack, T>;
}

/** Kamal's files, where they are named or the folder has them; and what else lies there. */
function kamalFiles(folder: string, options: SourceOptions) {
  const given = STACKS.flatMap((stack) => options[stack] ?? []);
  const found = kamalFilesIn(folder, WORDS);
  if (given.length > 0) {
    if (!given.every((file) => isKamalFile(file) && !hasServices(resolve(folder, file)))) return undefined;
    const files = each((stack) => options[stack] ?? found?.files[stack] ?? []);
    const missing = STACKS.find((stack) => files[stack].length === 0);
    if (missing !== undefined)
      throw new UserError(`no file of ${missing} is named`, `name it: --${missing} config/deploy.yml`, 2);
    return { files, others: [] as string[], beside: [] as string[] };
  }
  if (found === undefined) return undefined;
  const compose = composeFilesIn(folder);
  if (compose.length > 1) {
    const flags = STACKS.map((stack) => `--${stack} ${quote(found.files[stack].join(","))}`);
    throw new UserError(
      `${folder} has Kamal's config/deploy.yml and compose files of environments (${compose.join(", ")})`,
      `say which to take: ${importCommand(folder)} ${flags.join(" ")}`,
      2,
    );
  }
  return { ...found, beside: compose };
}

/** The base, and files that are an environment's. */
function composeFilesIn(folder: string): string[] {
  const words = STACKS.map((stack) => WORDS[stack]).join("|");
  const own = new RegExp(
    `^(docker-)?compose[.-](${words})\\.ya?ml$|^(${words})\\.(docker-)?compose\\.ya?ml$`,
  );
  return readdirSync(folder)
    .filter((name) => BASE.test(name) || own.test(name))
    .sort();
}

/** Compose's files have `services`, and stacks of Docker Swarm are often called deploy.yml. */
function hasServices(path: string): boolean {
  return (
    existsSync(path) && destinationOf(path) === undefined && /^services:/m.test(readFileSync(path, "utf8"))
  );
}

function hasRoleHosts({ machines }: Project): boolean {
  return Object.values(machines?.roles ?? {}).some((hosts) => hosts.length > 0);
}

function refuseComposeFlags(options: SourceOptions): void {
  const flags = [
    "envFile",
    "stagingEnvFile",
    "productionEnvFile",
    "stagingProfiles",
    "productionProfiles",
  ] as const;
  const wrong = flags.find((flag) => options[flag] !== undefined);
  if (wrong === undefined) return;
  const flag = wrong.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  throw new UserError(
    `--${flag} is for compose files: Kamal's values stand in its files and in .kamal/secrets`,
    `run the same command without --${flag}`,
    2,
  );
}
