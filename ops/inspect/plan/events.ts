// A run of the engine that changes nothing, read from its event stream: the steps it would take and what it says.
import { execa } from "execa";
import { engineEnvironment } from "../../engine/engine.ts";
import { introduceEngine } from "../../engine/engine-introduction.ts";
import type { Session } from "../../engine/session.ts";
import type { PlannedStep } from "../parity/resolved.ts";

/** How a property changes. */
export type DiffKind = "add" | "add-replace" | "delete" | "delete-replace" | "update" | "update-replace";

/** A resource before or after a step; secrets read `[secret]`. */
export interface StepState {
  inputs?: Record<string, unknown>;
  outputs?: Record<string, unknown>;
  protect?: boolean;
}

/** One step of the engine. */
export interface Step {
  op: string;
  urn: string;
  type: string;
  old?: StepState;
  new?: StepState;
  /** Properties that ask for a replacement. */
  keys: string[];
  diffs: string[];
  detailedDiff: Record<string, { diffKind: DiffKind }>;
}

/** A policy that is broken. */
export interface PolicyViolation {
  policy: string;
  mandatory: boolean;
  urn: string;
  message: string;
}

/** What a run of the engine said. */
export interface EngineRun {
  ok: boolean;
  /** Steps in the engine's order, those that do nothing left out. */
  steps: Step[];
  /** Every step as the engine says it, also those that change nothing. */
  planned: PlannedStep[];
  /** What came of the steps: what a refresh found, what a preview expects. */
  outcomes: Step[];
  violations: PolicyViolation[];
  /** Errors, and what the CLI wrote to standard error where it did not get to its events. */
  errors: { urn: string; message: string }[];
  /** Plain messages of resources, such as a provider's look at a migration. */
  messages: { urn: string; severity: string; message: string }[];
  /** Resources whose replacement the plan hides, where somebody looked: see `revealHidden`. @default none */
  hidden?: string[];
  seconds: number;
}

interface Metadata {
  op: string;
  urn: string;
  type: string;
  old?: StepState | null;
  new?: StepState | null;
  keys?: string[] | null;
  diffs?: string[] | null;
  detailedDiff?: Step["detailedDiff"] | null;
}

interface EngineEvent {
  resourcePreEvent?: { metadata: Metadata };
  resOutputsEvent?: { metadata: Metadata };
  policyEvent?: { policyName: string; enforcementLevel: string; resourceUrn?: string; message: string };
  diagnosticEvent?: { urn?: string; severity: string; message: string; ephemeral?: boolean };
}

/** The engine's marks in a property: a secret, and a value that is known only after the update. */
const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET_SIGNATURE = "1b47061264138c4ac30d75fd1eb44270";
const UNKNOWN_SIGNATURE = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** How a value reads that is known only after the update. */
export const UNKNOWN_TEXT = "(known after the update)";

/** Whether the engine has wrapped a value as a secret. */
function isSecret(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === "object" &&
    value !== null &&
    (value as Record<string, unknown>)[SIGNATURE] === SECRET_SIGNATURE
  );
}

/** Secrets read `[secret]`, also where the engine wraps them; what isn't known yet reads as `unknown` says. */
function readable(value: unknown, unknown = UNKNOWN_TEXT): unknown {
  if (value === UNKNOWN_SIGNATURE) return unknown;
  if (Array.isArray(value)) return value.map((entry) => readable(entry, unknown));
  if (typeof value !== "object" || value === null) return value;
  if (isSecret(value)) return "[secret]";
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, readable(entry, unknown)]));
}

function state({ inputs, outputs, protect }: StepState): StepState {
  return {
    ...(inputs ? { inputs: readable(inputs) as Record<string, unknown> } : {}),
    ...(outputs ? { outputs: readable(outputs) as Record<string, unknown> } : {}),
    ...(protect === undefined ? {} : { protect }),
  };
}

function step({ op, urn, type, old, new: fresh, keys, diffs, detailedDiff }: Metadata): Step {
  return {
    op,
    urn,
    type,
    ...(old ? { old: state(old) } : {}),
    ...(fresh ? { new: state(fresh) } : {}),
    keys: keys ?? [],
    diffs: diffs ?? [],
    detailedDiff: detailedDiff ?? {},
  };
}

function planned({ op, urn, type, new: fresh }: Metadata): PlannedStep {
  if (!fresh) return { op };
  const inputs = readable(fresh.inputs ?? {}, UNKNOWN_SIGNATURE) as Record<string, unknown>;
  return { op, newState: { urn, type, inputs, protect: fresh.protect ?? false } };
}

/** Steps that change nothing. */
const IDLE = ["same", "read", "refresh"];

/** The engine's diagnostics carry colour marks of its own, and sometimes a line of its prefix. */
function plainText(message: string): string {
  return message.replace(/<\{%[^%]*%\}>/g, "").trim();
}

/** Reads an event stream, a JSON document a line; other lines are left out. */
export function readEvents(lines: Iterable<string>): Omit<EngineRun, "ok" | "seconds"> {
  const run: Omit<EngineRun, "ok" | "seconds"> = {
    steps: [],
    planned: [],
    outcomes: [],
    violations: [],
    errors: [],
    messages: [],
  };
  for (const line of lines) {
    if (!line.startsWith("{")) continue;
    const event = JSON.parse(line) as EngineEvent;
    const pre = event.resourcePreEvent?.metadata;
    if (pre !== undefined) run.planned.push(planned(pre));
    if (pre !== undefined && !IDLE.includes(pre.op)) run.steps.push(step(pre));
    const outputs = event.resOutputsEvent?.metadata;
    if (outputs !== undefined && !["same", "read"].includes(outputs.op)) run.outcomes.push(step(outputs));
    const broken = event.policyEvent;
    if (broken !== undefined) {
      run.violations.push({
        policy: broken.policyName,
        mandatory: broken.enforcementLevel === "mandatory",
        urn: broken.resourceUrn ?? "",
        message: plainText(broken.message),
      });
    }
    const said = event.diagnosticEvent;
    if (said === undefined || said.severity === "debug" || said.ephemeral === true) continue;
    const entry = { urn: said.urn ?? "", severity: said.severity, message: plainText(said.message) };
    if (said.severity === "error") run.errors.push(entry);
    else run.messages.push(entry);
  }
  return run;
}

/**
 * Runs the engine with `--json` and reads what it says.
 *
 * @param args command and flags, without --json
 */
export async function askForEvents(session: Session, args: readonly string[]): Promise<EngineRun> {
  const begin = performance.now();
  const running = execa(session.engine.command, [...args, "--json", "--non-interactive"], {
    cwd: session.project.directory,
    env: {
      ...(await engineEnvironment(session)),
      PULUMI_ENABLE_STREAMING_JSON_PREVIEW: "true",
      NO_COLOR: "1",
    },
    reject: false,
    stdin: "ignore",
    maxBuffer: 512 * 1024 * 1024,
  });
  introduceEngine(running.pid);
  const result = await running;
  const run = readEvents(result.stdout.split("\n"));
  const ok = result.exitCode === 0;
  // Says no more than that something went wrong, after what did.
  const errors = run.errors.filter(({ message }) => message !== "preview failed");
  run.errors.splice(0, run.errors.length, ...errors);
  if (!ok && run.errors.length === 0 && !run.violations.some(({ mandatory }) => mandatory)) {
    run.errors.push({ urn: "", message: result.stderr.trim() || result.shortMessage || "the engine failed" });
  }
  return { ...run, ok, seconds: (performance.now() - begin) / 1000 };
}

/** Logical name in a URN. */
export function nameOf(urn: string): string {
  return urn.split("::").at(-1) ?? urn;
}
