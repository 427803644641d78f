// Checks a stack's settings before anything is touched: every problem in one run.
import {
  needsShared,
  SHARED_STACK,
  type StackSettings,
  type SystemSettings,
  settingsOf,
} from "../settings/define.ts";
import { knownKeys } from "../settings/read.ts";
import { budgetIssues } from "./budgets.ts";
import { guardIssues } from "./guards.ts";
import { hostIssues } from "./host.ts";
import { neighbourIssues, sameNameProblems } from "./neighbours.ts";
import { type Place, type Problem, toProblem } from "./problem.ts";
import { compareBlock, loadProject } from "./project-file.ts";
import { sameSecrets } from "./same-secrets.ts";
import { compareStacks, loadSiblings, type Sibling, tenantOf, withDefaults } from "./siblings.ts";
import { loadStack } from "./stack-file.ts";
import { loadSystem } from "./system.ts";
import { checkValues } from "./values.ts";

export type { Problem } from "./problem.ts";

/** What to check. */
export interface CheckOptions {
  /** Folder of Pulumi.yaml. */
  projectDir: string;
  stack: string;
  /** Look at this machine as well: its ports, its Docker (GET requests only), its memory and CPUs. */
  deep: boolean;
  /** The machine is not prepared yet: a Docker that set-up may start is not missed. @default false */
  beforeSetup?: boolean;
}

/** A stack as far as it could be read. */
export interface CheckedStack {
  problems: Problem[];
  /** Values of the settings by key, secrets as `Secret`; undefined if there is an error. */
  settings?: Record<string, unknown>;
  /** It uses servers of the stack `shared`. */
  needsShared?: boolean;
  /** Some of its values come from a Pulumi ESC environment: only the engine has read those. */
  hasEnvironment?: boolean;
}

/** All that is wrong with a stack, in the order of the file's lines. Touches nothing. */
export async function checkStack(options: CheckOptions): Promise<Problem[]> {
  return (await readStack(options)).problems;
}

/** The same, with the values. */
export async function readStack(options: CheckOptions): Promise<CheckedStack> {
  const { projectDir, stack, deep, beforeSetup = false } = options;
  const { project, problems } = loadProject(projectDir);
  if (project === undefined) return { problems };
  const loaded = await loadSystem(projectDir, project);
  if ("problem" in loaded) return { problems: [...problems, loaded.problem] };
  const { settings } = loaded;
  const system = settingsOf(settings, stack);
  problems.push(...compareBlock(project, settings), ...sameNameProblems(projectDir, project));
  const file = loadStack(projectDir, project, stack, knownKeys(system.keys));
  problems.push(...file.problems);
  if (!file.readable) return { problems };

  const { values, issues } = checkValues(system, withDefaults(file.raw, project.declared, settings, stack));
  const siblings = loadSiblings(projectDir, project, stack, settings);
  const guarded = { project: project.name, stack, foreign: file.foreign };
  issues.push(...guardIssues(system, values, guarded, siblings));
  issues.push(...compareStacks(system, values, siblings));
  issues.push(...(await sameSecrets(projectDir, project, stack, settings, file.foreign)));
  issues.push(...(await neighbourIssues(system, values, projectDir)));
  const tenant = tenantOf(system, stack, values, file.foreign);
  issues.push(...budgetIssues(tenant, siblings));
  if (deep) {
    const others = siblings.filter(
      (other) => other.stack !== SHARED_STACK || isShared(settings, siblings, stack, values),
    );
    issues.push(...(await hostIssues(system, values, project.name, tenant, others, beforeSetup)));
  }

  const place: Place = { project: project.name, stack, locate: file.locate };
  const seen = new Set(problems.map((problem) => problem.key));
  const found = issues
    .filter((issue) => !(file.hasEnvironment && issue.problem === "missing"))
    .map((issue) => toProblem(issue, place))
    // What the file itself already explains needs no second explanation.
    .filter((problem) => !seen.has(problem.key));
  const all = sorted([...problems, ...found]);
  return all.some((problem) => problem.severity === "error")
    ? { problems: all }
    : {
        problems: all,
        settings: values,
        needsShared: needsShared(settings, stack, values),
        hasEnvironment: file.hasEnvironment,
      };
}

/** What the system says of a stack's settings; undefined if it can't be loaded, which `checkStack` explains. */
export async function readSystem(projectDir: string, stack: string): Promise<SystemSettings | undefined> {
  const { project } = loadProject(projectDir);
  const loaded = project === undefined ? undefined : await loadSystem(projectDir, project);
  return loaded === undefined || "problem" in loaded ? undefined : settingsOf(loaded.settings, stack);
}

/** Does any environment use the stack `shared`? */
function isShared(
  settings: StackSettings,
  siblings: readonly Sibling[],
  stack: string,
  values: Record<string, unknown>,
): boolean {
  return [{ stack, values }, ...siblings].some((one) => needsShared(settings, one.stack, one.values));
}

function sorted(problems: Problem[]): Problem[] {
  return problems.toSorted(
    (one, other) => one.file.localeCompare(other.file) || (one.line ?? 0) - (other.line ?? 0),
  );
}
