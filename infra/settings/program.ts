// Reads the settings of the running program: what the engine hands over, checked as a whole, secrets as Outputs.
import * as pulumi from "@pulumi/pulumi";
import { wasChecked } from "../check/checked.ts";
import { type Place, toProblem } from "../check/problem.ts";
import { hasErrors, renderProblems } from "../check/render.ts";
import { checkValues } from "../check/values.ts";
import {
  type ProgramSettings,
  type Settings,
  type StackSettings,
  type SystemSettings,
  settingsOf,
  type ValuesOf,
} from "./define.ts";
import type { Issue } from "./issue.ts";
import { metaOf } from "./kind.ts";
import { isRequired } from "./project-config.ts";
import type { RawValue, RawValues } from "./read.ts";
import { Secret } from "./secret.ts";
import { isMap } from "./structures.ts";

/** Where the program runs. */
export interface ReadOptions {
  /** The project's folder; with it, the stack is compared with the project's other stacks. */
  projectDir?: string | undefined;
  /** Settings of the system's other kind of stack, where it has a stack `shared`. @default it has none */
  all?: StackSettings;
}

/**
 * The settings of the current stack. Nothing may be registered before this returns.
 * @throws pulumi.RunError with every problem, its key, its reason and the command that fixes it.
 */
export async function readSettings<K extends Settings>(
  system: SystemSettings<K>,
  options: ReadOptions = {},
): Promise<ProgramSettings<K>> {
  const project = pulumi.getProject();
  const stack = pulumi.getStack();
  const all = options.all ?? { environments: system };
  const fromEngine = rawFromEngine(system.keys, project, pulumi.runtime.allConfig(), isConfigSecret);
  const raw = withoutEmptyDefaults(fromEngine, all, stack);
  const { values, issues } = checkValues(system, raw);
  if (options.projectDir !== undefined && !wasChecked(stack, options.projectDir)) {
    issues.push(...(await siblingIssues(system, values, options.projectDir, stack, all)));
  }
  const place: Place = { project, stack, locate: () => ({ file: `Pulumi.${stack}.yaml` }) };
  const problems = issues.map((issue) => toProblem(issue, place));
  const text = renderProblems(problems, { color: false });
  if (hasErrors(problems)) throw new pulumi.RunError(`the settings of ${stack} are wrong\n${text}`);
  if (problems.length > 0) await pulumi.log.warn(text);
  return withOutputs(values) as ProgramSettings<K>;
}

/** The engine's flat map of text as raw values: maps and lists are JSON there, and defaults are already in it. */
export function rawFromEngine(
  keys: Settings,
  project: string,
  config: Record<string, string>,
  isSecret: (key: string) => boolean,
): RawValues {
  const own = Object.entries(config).filter(([key]) => key.startsWith(`${project}:`));
  return new Map(
    own.map(([full, value]): [string, RawValue] => {
      const key = full.slice(project.length + 1);
      const type = keys[key] === undefined ? "string" : metaOf(keys[key].schema).type;
      const structured = type === "array" || type === "object";
      return [key, { value: structured ? fromJson(value) : value, secure: isSecret(full) }];
    }),
  );
}

/**
 * What Pulumi.yaml's block puts into a stack besides its own values, where the system has a stack `shared`: empty
 * defaults for what an environment must set, and in the stack `shared` the environments' keys.
 */
function withoutEmptyDefaults(raw: RawValues, all: StackSettings, stack: string): RawValues {
  if (all.shared === undefined) return raw;
  const { keys } = settingsOf(all, stack);
  const { keys: declared } = all.environments;
  const kept = [...raw].filter(([key, { value }]) => {
    const own = keys[key];
    if (own === undefined) return declared[key] === undefined;
    return !(isRequired(own) && (value === "" || (value === "0" && metaOf(own.schema).type === "integer")));
  });
  return new Map(kept);
}

/** The SDK knows which keys are encrypted, and leaves the question out of its types. */
function isConfigSecret(key: string): boolean {
  return (pulumi.runtime as unknown as { isConfigSecret(key: string): boolean }).isConfigSecret(key);
}

/** Text that is no JSON stays text: the schema says what is wrong with it. */
function fromJson(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

async function siblingIssues<K extends Settings>(
  system: SystemSettings<K>,
  values: Partial<ValuesOf<K>>,
  folder: string,
  stack: string,
  all: StackSettings,
): Promise<Issue[]> {
  const [{ loadProject }, { guardIssues }, { compareStacks, loadSiblings }, { sameSecrets }] =
    await Promise.all([
      import("../check/project-file.ts"),
      import("../check/guards.ts"),
      import("../check/siblings.ts"),
      import("../check/same-secrets.ts"),
    ]);
  const { project } = loadProject(folder);
  if (project === undefined) return [];
  const siblings = loadSiblings(folder, project, stack, all);
  const foreign = new Map<string, unknown>(Object.entries(pulumi.runtime.allConfig()));
  return [
    ...guardIssues(system, values, { project: project.name, stack, foreign }, siblings),
    ...compareStacks(system, values, siblings),
    ...(await sameSecrets(folder, project, stack, all, foreign)),
  ];
}

function withOutputs(value: unknown): unknown {
  if (value instanceof Secret) return pulumi.secret(value.reveal());
  if (Array.isArray(value)) return value.map(withOutputs);
  if (!isMap(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withOutputs(inner)]));
}
