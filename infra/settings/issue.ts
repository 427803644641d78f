// What can be wrong with a setting, and the steps that fix it, before anyone knows the file or the stack.

/** Where in a setting: the key first, then names and positions inside it. */
export type Path = (string | number)[];

/** One step of a fixing command; its path is relative to the issue's until `at` puts it in place. */
export type Step =
  | { do: "set"; path: Path; value: string; example?: true }
  | { do: "set-secret"; path: Path }
  | { do: "remove"; path: Path };

/** How much an issue matters: errors stop the run. */
export type Severity = "error" | "warning";

/** Something that is wrong with a setting. */
export interface Issue {
  /** Stable name of the sort of problem, for example `missing`. */
  problem: string;
  path: Path;
  /** One sentence; never holds a secret's value. */
  reason: string;
  fix: Step[];
  /** @default "error" */
  severity?: Severity;
}

/** An issue as a building block finds it: it knows nothing of where it stands. */
export class Wrong {
  readonly problem: string;
  readonly reason: string;
  readonly fix: Step[];

  constructor(problem: string, reason: string, fix: Step[] = []) {
    this.problem = problem;
    this.reason = reason;
    this.fix = fix;
  }
}

/** Sets the value at hand, or what lies at `path` below it. */
export function set(value: string | number | boolean, path: Path = []): Step {
  return { do: "set", path, value: String(value) };
}

/** Sets the value at hand to one that is right for its kind; a setting that knows a better one puts its own there. */
export function setExample(value: string): Step {
  return { do: "set", path: [], value, example: true };
}

/** Removes the value at hand, or what lies at `path` below it. */
export function remove(path: Path = []): Step {
  return { do: "remove", path };
}

/** Asks for a secret without showing it. */
export function setSecret(path: Path = []): Step {
  return { do: "set-secret", path };
}

/** Beginning of a step's path that leads to what stands beside the value at hand; several lead further up. */
export const UP = "..";

/** The step, with its path put below `base`. */
export function at(base: Path, step: Step): Step {
  const down = step.path.findIndex((part) => part !== UP);
  const up = down === -1 ? step.path.length : down;
  return { ...step, path: [...base.slice(0, base.length - up), ...step.path.slice(up)] };
}

/** Most of a value that a message repeats. */
const MAX_SHOWN = 60;

/** A value as a message shows it. Only for settings that are not secret. */
export function describe(value: unknown): string {
  if (value === null || value === undefined) return "nothing";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "a map";
  if (typeof value !== "string") return String(value);
  return JSON.stringify(value.length > MAX_SHOWN ? `${value.slice(0, MAX_SHOWN)}…` : value);
}
