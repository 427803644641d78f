// The report on a change: every stack's plan side by side, its verdict, and what differs between the stacks.
import { isMap } from "../../../infra/settings/structures.ts";
import type { VariablesKey } from "../../../infra/settings/variables.ts";
import { types } from "../../../lib/resource-types.ts";
import type { Project, StackFile } from "../../engine/project.ts";
import { type Effects, effectsOf } from "./effects.ts";
import { type EngineRun, nameOf, type Step } from "./events.ts";
import { at, changedPaths, differentPaths } from "./step-values.ts";
import { type Risk, risksOf } from "./verdict.ts";

/** A property that changes; secrets read `[secret]`. */
export interface PropertyChange {
  path: string;
  before: string;
  after: string;
}

/** A resource that changes. */
export interface ResourceChange {
  op: "create" | "update" | "replace" | "delete";
  type: string;
  name: string;
  properties: PropertyChange[];
}

/** A stack's part of the report. */
export interface StackReport {
  stack: string;
  ok: boolean;
  changes: ResourceChange[];
  effects: Effects;
  risks: Risk[];
  /** Must a check fail? A failed preview, a broken mandatory policy, or data at risk. */
  stop: boolean;
  seconds: number;
}

/** A setting in which the stacks differ. */
export interface Difference {
  key: string;
  /** Value by stack; undefined where it has none. */
  values: Record<string, string | undefined>;
}

/** The report. */
export interface PreviewReport {
  project: string;
  stacks: StackReport[];
  differences: Difference[];
}

/** Settings that hold variables of services. */
const VARIABLES: readonly string[] = ["environment", "secrets"] satisfies VariablesKey[];
/** Longest value that is told. */
const LONGEST = 120;

function show(value: unknown): string {
  if (value === undefined) return "";
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}

function propertyChanges(step: Step): PropertyChange[] {
  const { old, new: fresh } = step;
  const said = changedPaths(step);
  // Of a component the engine says only that something changed: a service states its variables in its inputs.
  const paths = said.length > 0 ? said : differentPaths(old?.inputs, fresh?.inputs);
  return paths.toSorted().map((path) => ({
    path,
    before: show(at(old?.inputs, path)),
    after: show(at(fresh?.inputs, path)),
  }));
}

/** The engine's steps as one change per resource: three steps make a replacement. */
function changesOf(steps: readonly Step[]): ResourceChange[] {
  const told: Readonly<Record<string, ResourceChange["op"]>> = {
    create: "create",
    update: "update",
    delete: "delete",
    "create-replacement": "replace",
  };
  return steps.flatMap((step) => {
    const op = told[step.op];
    if (op === undefined || step.type === types.stack) return [];
    const properties = op === "update" || op === "replace" ? propertyChanges(step) : [];
    return [{ op, type: step.type, name: nameOf(step.urn), properties }];
  });
}

/** A stack's part. */
export function stackReport(stack: string, run: EngineRun): StackReport {
  const effects = effectsOf(run);
  const risks = risksOf(run, effects);
  return {
    stack,
    ok: run.ok,
    changes: changesOf(run.steps),
    effects,
    risks,
    stop: !run.ok || risks.some(({ weight }) => weight === "stop"),
    seconds: run.seconds,
  };
}

function isSecret(value: unknown): boolean {
  return typeof value === "object" && value !== null && "secure" in value;
}

/** A stack's settings by key; each variable of a service is one by itself. */
function bySetting(config: readonly (readonly [string, unknown])[]): Record<string, unknown> {
  const single = config.flatMap(([key, value]) =>
    VARIABLES.includes(key) && isMap(value) ? named(key, value) : [[key, value] as const],
  );
  return Object.fromEntries(single);
}

/** `environment.app.NAME`, and so on. */
function named(key: string, byService: Record<string, unknown>): [string, unknown][] {
  return Object.entries(byService).flatMap(([service, variables]) =>
    Object.entries(isMap(variables) ? variables : {}).map(([name, value]): [string, unknown] => [
      `${key}.${service}.${name}`,
      value,
    ]),
  );
}

/** In what the stacks' settings differ, the project's defaults included. */
export function differencesOf(project: Project, files: Readonly<Record<string, StackFile>>): Difference[] {
  const own = (key: string) => key.replace(new RegExp(`^${project.name}:`), "");
  const settings = Object.entries(files).map(
    ([stack, { config }]) =>
      [
        stack,
        bySetting([
          ...Object.entries(project.defaults),
          ...Object.entries(config).map(([key, value]) => [own(key), value] as const),
        ]),
      ] as const,
  );
  const keys = [...new Set(settings.flatMap(([, values]) => Object.keys(values)))].sort();
  return keys.flatMap((key) => {
    const values = Object.fromEntries(
      settings.map(([stack, all]) => {
        const value: unknown = all[key];
        return [stack, isSecret(value) ? "[secret]" : value === undefined ? undefined : show(value)];
      }),
    );
    return new Set(Object.values(values)).size > 1 ? [{ key, values }] : [];
  });
}
