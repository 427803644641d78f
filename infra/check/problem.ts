// A problem as people see it: which key, where, why, and the command that fixes it.
import type { Issue, Path, Severity, Step } from "../settings/issue.ts";

/** Something that is wrong with a stack, before anything is touched. */
export interface Problem {
  /** Stable name of the sort of problem, for example `missing` or `port-taken`. */
  kind: string;
  severity: Severity;
  /** Full key and path, for example `oracle:limits.app.memory`; empty for a problem of the file as a whole. */
  key: string;
  /** File, relative to the project's folder. */
  file: string;
  /** Line in the file, from 1; missing where there is none, or where the program has no file at hand. */
  line?: number;
  /** One sentence; never holds a secret's value. */
  reason: string;
  /** A command that fixes it, for a shell in the project's folder. */
  fix: string;
}

/** Where a setting stands. */
export interface Position {
  file: string;
  line?: number | undefined;
}

/** What turns an issue into a problem of one stack. */
export interface Place {
  /** The project, which is the namespace of its keys. */
  project: string;
  stack: string;
  /** Where a setting stands, or should stand. */
  locate(path: Path): Position;
}

/** The problem that an issue is in this place. */
export function toProblem(issue: Issue, place: Place): Problem {
  const position = place.locate(issue.path);
  const commands = issue.fix.map((step) => command(step, place));
  return {
    kind: issue.problem,
    severity: issue.severity ?? "error",
    key: keyText(issue.path, place.project),
    ...positioned(position),
    reason: issue.reason,
    fix: commands.length > 0 ? commands.join(" && ") : editCommand(position),
  };
}

/** A problem of a file as a whole, or of something in it that is no setting. */
export function fileProblem(
  kind: string,
  position: Position,
  reason: string,
  fix?: string,
  key = "",
): Problem {
  return { kind, severity: "error", key, ...positioned(position), reason, fix: fix ?? editCommand(position) };
}

function positioned({ file, line }: Position): { file: string; line?: number } {
  return line === undefined ? { file } : { file, line };
}

/** Opens the file where it is wrong: for what no other command can fix. */
export function editCommand({ file, line }: Position): string {
  return line === undefined ? `$EDITOR ${quote(file)}` : `$EDITOR +${line} ${quote(file)}`;
}

/** A key and path as Pulumi's `--path` takes them. */
export function keyText(path: Path, project: string): string {
  const [key, ...rest] = path;
  if (key === undefined) return "";
  const first = String(key);
  const inside = rest.map((part) => {
    if (typeof part === "number") return `[${part}]`;
    return /^[A-Za-z_][\w-]*$/.test(part) ? `.${part}` : `[${JSON.stringify(part)}]`;
  });
  return `${first.includes(":") ? first : `${project}:${first}`}${inside.join("")}`;
}

function command(step: Step, place: Place): string {
  const key = quote(keyText(step.path, place.project));
  const path = step.path.length > 1 ? "--path " : "";
  const stack = `--stack ${quote(place.stack)}`;
  if (step.do === "remove") return `${configCommand()} rm ${path}${key} ${stack}`;
  if (step.do === "set-secret") return `${configCommand()} set --secret ${path}${key} ${stack}`;
  return `${configCommand()} set ${path}${key} ${quote(step.value)} ${stack}`;
}

/**
 * What changes a setting, for a shell in the project's folder. `tandem` names its own command, which needs no `pulumi` on the PATH,
 * to itself and to the program that it starts; who runs plain Pulumi is told of plain Pulumi.
 */
export function configCommand(): string {
  return process.env.TANDEM_CONFIG_COMMAND || "pulumi config";
}

/** A word as a shell takes it; quotes only where they are needed, and always around a path, as its dots may mislead. */
export function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
