// Reads Pulumi.yaml: the project's name, its system, and the `config:` block that the engine applies.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { nameProblem } from "../../components/names.ts";
import { closest } from "../settings/closest.ts";
import type { StackSettings } from "../settings/define.ts";
import type { PulumiType } from "../settings/kind.ts";
import { projectConfig } from "../settings/project-config.ts";
import { isMap } from "../settings/structures.ts";
import { fileProblem, type Problem } from "./problem.ts";
import { parseYaml, type YamlFile } from "./yaml-file.ts";

/** One entry of the block, after the engine's shorthand is written out. */
export interface Declaration {
  type?: unknown;
  items?: unknown;
  secret?: unknown;
  default?: unknown;
}

/** What the check needs of a project. */
export interface Project {
  file: string;
  name: string;
  /** Folder of the system's settings, as written. */
  system: string;
  /** Folder of the stack files, as written; the project's own by default. */
  stackConfigDir: string;
  /** Declared keys, without namespace. */
  declared: Map<string, Declaration>;
  yaml: YamlFile;
}

const TYPES: Record<PulumiType, (value: unknown) => boolean> = {
  string: (value) => typeof value === "string",
  integer: (value) => Number.isInteger(typeof value === "string" ? Number(value || "x") : value),
  boolean: (value) => typeof value === "boolean" || value === "true" || value === "false",
  array: Array.isArray,
  object: isMap,
};
const ATTRIBUTES = ["type", "items", "description", "secret", "default", "value"];

/** Reads a project's file; without a project there is only the list of problems. */
export function loadProject(folder: string): { project?: Project; problems: Problem[] } {
  const file = ["Pulumi.yaml", "Pulumi.yml"].find((candidate) => existsSync(join(folder, candidate)));
  if (file === undefined) {
    const reason = "is missing: this folder is no Pulumi project";
    return {
      problems: [fileProblem("no-project", { file: "Pulumi.yaml" }, reason, "git restore Pulumi.yaml")],
    };
  }
  const yaml = parseYaml(readFileSync(join(folder, file), "utf8"), file);
  if (yaml.problems.length > 0) return { problems: yaml.problems };
  const { data } = yaml;
  if (!isMap(data)) return { problems: [fileProblem("project-config", { file }, "is no map of settings")] };
  const problems: Problem[] = [];
  const wrong = (path: string[], reason: string) => {
    const position = { file, line: yaml.lineOf(path) };
    problems.push(fileProblem("project-config", position, reason, undefined, path.join(".")));
  };
  const named = typeof data.name === "string" ? nameProblem(data.name) : "is missing or no text";
  if (named !== undefined)
    wrong(["name"], `${named}; the project's name is part of the names of all it makes`);
  const tandem = isMap(data.tandem) ? data.tandem : {};
  if (typeof tandem.system !== "string") {
    wrong(
      ["tandem", "system"],
      "is missing: it names the folder with the system's settings, such as ./stacks/oracle",
    );
  }
  if (typeof data.name !== "string" || typeof tandem.system !== "string") return { problems };
  const declared = readBlock(data.config, data.name, wrong);
  const stackConfigDir = typeof data.stackConfigDir === "string" ? data.stackConfigDir : ".";
  const project = { file, name: data.name, system: tandem.system, stackConfigDir, declared, yaml };
  return { project, problems };
}

type Report = (path: string[], reason: string) => void;

function readBlock(block: unknown, project: string, wrong: Report): Map<string, Declaration> {
  const declared = new Map<string, Declaration>();
  if (block === undefined || block === null) return declared;
  if (!isMap(block)) {
    wrong(["config"], "is no map of settings");
    return declared;
  }
  for (const [key, raw] of Object.entries(block)) {
    const own = !key.includes(":") || key.startsWith(`${project}:`);
    if (!own) continue;
    const entry = isMap(raw) ? raw : { default: raw };
    if (raw === null) wrong(["config", key], "declares nothing: give it a type and a description");
    for (const reason of declarationProblems(entry)) wrong(["config", key], reason);
    declared.set(key.slice(key.indexOf(":") + 1), entry);
  }
  return declared;
}

/** What the engine refuses in a declaration, or would misread. */
function declarationProblems(entry: Record<string, unknown>): string[] {
  const problems = Object.keys(entry)
    .filter((attribute) => !ATTRIBUTES.includes(attribute))
    .map((attribute) => {
      const near = closest(attribute, ATTRIBUTES);
      return `has an unknown attribute ${attribute}${near === undefined ? "" : `; did you mean ${near}?`}`;
    });
  const { type } = entry;
  if (type !== undefined && !Object.hasOwn(TYPES, String(type))) {
    return [...problems, `has an unknown type; known are ${Object.keys(TYPES).join(", ")}`];
  }
  if (type === "array" && !isMap(entry.items)) problems.push("is an array without the type of its items");
  const value = entry.default;
  if (type !== undefined && value !== undefined && value !== null && !TYPES[type as PulumiType](value)) {
    problems.push(`has a default that is no ${String(type)}`);
  }
  if (entry.secret === true && value !== undefined && value !== "" && value !== null) {
    problems.push("is a secret with a default: a secret has no place in this file");
  }
  return problems;
}

/** Where the block and the system's settings disagree, so that the engine would treat a key in another way. */
export function compareBlock(project: Project, settings: StackSettings): Problem[] {
  const expected = projectConfig(settings.environments, settings);
  return [...project.declared].flatMap(([key, entry]) => {
    const path = ["config", key];
    const position = { file: project.file, line: project.yaml.lineOf(path) };
    const known = expected[key];
    const near = known === undefined ? closest(key, Object.keys(expected)) : undefined;
    const reasons: string[] = [];
    if (known === undefined) {
      const hint = near === undefined ? "" : `; did you mean ${near}?`;
      reasons.push(`is no setting of the system in ${project.system}${hint}`);
    } else {
      if (entry.type !== known.type) {
        reasons.push(`has ${typeName(entry.type)}, and the system's settings say ${typeName(known.type)}`);
      }
      if ((entry.secret ?? false) !== (known.secret ?? false)) {
        reasons.push(`must ${known.secret ? "" : "not "}be marked as a secret`);
      }
      if (known.default !== undefined && (entry.default ?? undefined) === undefined) {
        reasons.push(
          `has no default, so the engine would want a value in each stack (${JSON.stringify(known.default)})`,
        );
      }
    }
    return reasons.map((reason) =>
      fileProblem("project-config", position, reason, undefined, path.join(".")),
    );
  });
}

function typeName(type: unknown): string {
  return type === undefined ? "no type" : `type ${String(type)}`;
}
