// Which files are staging's and which production's, where nobody says it: by the names that teams give them.
import { existsSync, readdirSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { quote } from "../../infra/check/problem.ts";
import { launcher } from "../../lib/launcher.ts";
import { UserError } from "../engine/errors.ts";
import { type ComposeSource, loadCompose } from "./compose/load.ts";
import { STACKS, type Stack } from "./pair.ts";

/** What the command was told; the rest is found. */
export interface SourceOptions {
  staging?: string[];
  production?: string[];
  /** For both. */
  envFile?: string[];
  stagingEnvFile?: string[];
  productionEnvFile?: string[];
  stagingProfiles?: string[];
  productionProfiles?: string[];
}

/** The base of compose files. */
export const BASE = /^(docker-)?compose\.ya?ml$/;
/** Words that stand for an environment in the name of a file. */
export const WORDS: Readonly<Record<Stack, string>> = {
  staging: "staging|stage|stg",
  production: "production|prod|prd|live",
};

/**
 * The files of each environment.
 *
 * @throws UserError where there are none
 */
export function sourcesOf(
  folder: string,
  options: SourceOptions,
): Record<Stack, ComposeSource & { files: string[] }> {
  return { staging: source(folder, "staging", options), production: source(folder, "production", options) };
}

function source(folder: string, stack: Stack, options: SourceOptions): ComposeSource & { files: string[] } {
  const files = options[stack] ?? found(folder, stack);
  if (files.length === 0) {
    throw new UserError(
      `${folder} holds no compose files for ${stack}, and no config/deploy.yml of Kamal's`,
      `name them: ${importCommand(folder)} --staging docker-compose.yml,docker-compose.staging.yml --production docker-compose.yml,docker-compose.prod.yml`,
      2,
    );
  }
  const env = [...(options.envFile ?? []), ...(options[`${stack}EnvFile`] ?? [])];
  const envFiles = env.length > 0 ? env : foundEnv(folder, stack);
  const profiles = options[`${stack}Profiles`] ?? [];
  return { folder, files, ...(envFiles.length === 0 ? {} : { envFiles }), profiles };
}

/** The base with the environment's own file over it, or that file alone where it is whole. */
function found(folder: string, stack: Stack): string[] {
  const isFolder = statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true;
  const names = isFolder ? readdirSync(folder).sort() : [];
  const base = names.find((name) => BASE.test(name));
  const pattern = new RegExp(
    `^(docker-)?compose[.-](${WORDS[stack]})\\.ya?ml$|^(${WORDS[stack]})\\.(docker-)?compose\\.ya?ml$`,
  );
  const own = names.find((name) => pattern.test(name));
  if (own === undefined) return base === undefined ? [] : [base];
  return base === undefined || isWhole(folder, own, base) ? [own] : [base, own];
}

/** Does a file stand by itself: with an image or a build for each service, and no fewer services than half of the base's? */
function isWhole(folder: string, own: string, base: string): boolean {
  const services = (file: string) =>
    Object.values(loadCompose({ folder, files: [file], envFiles: [], profiles: ["*"] }).services);
  const mine = services(own);
  const stands = mine.every(({ image, build }) => image !== undefined || build !== undefined);
  return stands && mine.length > 0 && mine.length * 2 >= services(base).length;
}

function foundEnv(folder: string, stack: Stack): string[] {
  const names = WORDS[stack].split("|").flatMap((word) => [`.env.${word}`, `${word}.env`]);
  const own = names.find((name) => existsSync(join(folder, name)));
  return [...(existsSync(join(folder, ".env")) ? [".env"] : []), ...(own === undefined ? [] : [own])];
}

/** The command on a folder, as it is typed where it was called, without flags. */
export function importCommand(folder: string): string {
  return `${launcher()} import ${quote(relative(process.cwd(), folder) || ".")}`;
}

/** How the page names what an environment was read from. */
export function namesOfSources(sources: Record<Stack, ComposeSource>): Record<Stack, string[]> {
  return Object.fromEntries(
    STACKS.map((stack) => {
      const { files, envFiles = [], profiles = [] } = sources[stack];
      return [stack, [...files, ...envFiles, ...profiles.map((profile) => `profile ${profile}`)]];
    }),
  ) as Record<Stack, string[]>;
}
