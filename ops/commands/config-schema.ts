// `tandem config schema`: Pulumi.yaml's `config:` block, as the system's settings say it must be.
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { isMap, isScalar, parseDocument, stringify } from "yaml";
import { loadProject as readProject } from "../../infra/check/project-file.ts";
import { loadSystem } from "../../infra/check/system.ts";
import { projectConfig } from "../../infra/settings/project-config.ts";
import { launcher } from "../../lib/launcher.ts";
import { exitCodes } from "../engine/engine.ts";
import { UserError } from "../engine/errors.ts";
import { loadProject } from "../engine/project.ts";
import type { AddCommand } from "./command-line.ts";

/** Options of the command. */
export interface SchemaOptions {
  /** Folder of the project. @default the package's root */
  project?: string;
  /** Write the block into Pulumi.yaml. @default false: print it */
  write?: boolean;
}

/** Lines may be as long as they are: a description is one. */
const LAYOUT = { lineWidth: 0 };

/**
 * The text of a Pulumi.yaml with another `config:` block; all else stays as it is, to the byte. What belongs to another
 * namespace stays too, at the end of the block.
 *
 * @throws UserError where the file is no map
 */
export function withBlock(text: string, block: Readonly<Record<string, unknown>>): string {
  const { contents } = parseDocument(text);
  if (!isMap(contents)) throw new UserError("Pulumi.yaml is no map", "fix the file and try again", 2);
  const pair = contents.items.find(({ key }) => isScalar(key) && key.value === "config");
  const old: unknown = isMap(pair?.value) ? pair.value.toJSON() : {};
  const foreign = Object.entries(old as object).filter(([key]) => key.includes(":"));
  const fresh = stringify({ config: { ...block, ...Object.fromEntries(foreign) } }, LAYOUT);
  const [start] = (isScalar(pair?.key) && pair.key.range) || [undefined];
  if (start === undefined) return `${text.trimEnd()}\n${fresh}`;
  const range = isMap(pair?.value) || isScalar(pair?.value) ? pair.value.range : undefined;
  const end = range?.[1] ?? start + "config:".length;
  return `${text.slice(0, start)}${fresh.trimEnd()}\n${text.slice(end).replace(/^\n/, "")}`;
}

/**
 * Runs the command.
 *
 * @returns the exit code: 0 where the file has the block by now, 1 where it lacks it and `write` wasn't asked for
 * @throws UserError where the project or its settings can't be read
 */
export async function configSchema(options: SchemaOptions): Promise<number> {
  const { directory } = loadProject(options.project);
  const { project, problems } = readProject(directory);
  if (project === undefined) {
    throw new UserError(
      problems[0]?.reason ?? "there is no project here",
      "fix Pulumi.yaml",
      exitCodes.configuration,
    );
  }
  const system = await loadSystem(directory, project);
  if ("problem" in system) {
    throw new UserError(system.problem.reason, "fix the system's settings", exitCodes.configuration);
  }
  const block = projectConfig(system.settings.environments, system.settings);
  const path = join(directory, project.file);
  const text = readFileSync(path, "utf8");
  const fresh = withBlock(text, block);
  if (isDeepStrictEqual(parseDocument(fresh).toJS(), parseDocument(text).toJS())) {
    process.stdout.write(`${project.file} has the block that the settings ask for\n`);
    return 0;
  }
  if (options.write !== true) {
    process.stdout.write(stringify({ config: block }, LAYOUT));
    process.stderr.write(
      `${project.file} has another block; to write this one: ${launcher()} config schema --write\n`,
    );
    return 1;
  }
  const draft = `${path}.${process.pid}.new`;
  writeFileSync(draft, fresh);
  renameSync(draft, path);
  process.stdout.write(`${project.file} has the block now\n`);
  return 0;
}

/** Adds it below `config`. */
export const addSchema: AddCommand = (config, merged) =>
  config
    .command("schema")
    .description("print Pulumi.yaml's `config:` block as the system's settings ask for it")
    .option("--write", "put it into Pulumi.yaml; the rest of the file stays as it is")
    .action(async ({ write }: { write?: boolean }) => {
      const { system } = config.opts<{ system?: string }>();
      process.exitCode = await configSchema(
        merged({ ...(system === undefined ? {} : { system }), ...(write ? { write } : {}) }),
      );
    });
