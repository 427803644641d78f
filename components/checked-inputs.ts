// Arguments that come from outputs: they are checked as soon as they are known, before the resource that they are for is
// made, with the words that a plain value gets.
import * as pulumi from "@pulumi/pulumi";
import { type ContainerFacts, containerProblems } from "../lib/docker/container.ts";
import { type ArgumentProblem, listed, Problems } from "../lib/docker/problems.ts";
import { type Check, seconds, shmMb, user, wholeSeconds } from "../lib/docker/values.ts";
import type { ContainerSpec, Limits } from "./container.ts";
import type { HealthCheck } from "./health-check.ts";

/** Stands for a value that is known only later. */
const LATER = Symbol("later");

/** Whether a value is known only later. */
export function isLater(value: unknown): boolean {
  return pulumi.Output.isInstance(value) || value instanceof Promise;
}

/** Whether a list, or one of its entries, is known only later. */
export function hasLater(list: unknown): boolean {
  return isLater(list) || (Array.isArray(list) && list.some(isLater));
}

/** A plain value; a symbol in the place of an output. */
export function nowKnown(value: unknown): unknown {
  return isLater(value) ? LATER : value;
}

/** Values by name, as far as they are plain; anything else as it is, for the check to say so. */
export function tableNow(table: unknown): unknown {
  if (typeof table !== "object" || table === null || Array.isArray(table)) return table;
  return Object.fromEntries(Object.entries(table).map(([key, value]) => [key, nowKnown(value)]));
}

/** A list, as far as it is plain; anything else as it is, for the check to say so. */
export function listNow(list: unknown): unknown {
  return Array.isArray(list) ? list.map(nowKnown) : nowKnown(list);
}

/** What is wrong with a component's arguments, for people. */
export function problemMessage(component: string, problems: readonly ArgumentProblem[]): string {
  const [first] = problems;
  return problems.length === 1 && first !== undefined
    ? `${component}: ${first.argument} ${first.reason}.`
    : `${component} has arguments that Docker can't take:\n${listed(problems)}`;
}

function reject(component: string, problems: readonly ArgumentProblem[]): void {
  if (problems.length > 0) throw new pulumi.RunError(problemMessage(component, problems));
}

/** @throws pulumi.RunError if Docker can't take what is known of a container */
export function rejectFacts(component: string, facts: ContainerFacts): void {
  reject(component, containerProblems(facts));
}

/** An input that is known only later fails the update then, before the resource that it is for is made. */
export function checkedInput<T>(
  component: string,
  value: pulumi.Input<T>,
  facts: (value: pulumi.Unwrap<T>) => ContainerFacts,
): pulumi.Output<pulumi.Unwrap<T>> {
  return pulumi.output(value).apply((known) => {
    rejectFacts(component, facts(known));
    return known;
  }) as pulumi.Output<pulumi.Unwrap<T>>;
}

/** A single value. A plain one is handed on: it was checked with all the others, before anything was registered. */
export function checkedArgument<T>(
  component: string,
  argument: string,
  value: pulumi.Input<T>,
  check: Check,
): pulumi.Input<T> {
  if (!isLater(value)) return value;
  return (pulumi.output(value) as pulumi.Output<unknown>).apply((known) => {
    const problems = new Problems();
    problems.required(argument, known, check);
    reject(component, problems.found);
    return known as T;
  });
}

/** The same for one with a default, which an output without a value has as well. */
export function checkedDefault<T>(
  component: string,
  argument: string,
  value: pulumi.Input<T | undefined> | undefined,
  check: Check,
  fallback: T,
): pulumi.Input<T> {
  if (value === undefined) return fallback;
  if (!isLater(value)) return value as pulumi.Input<T>;
  const given = (pulumi.output(value) as pulumi.Output<T | undefined>).apply((known) =>
    known === undefined ? fallback : known,
  );
  return checkedArgument(component, argument, given as pulumi.Output<T>, check);
}

/** A list of single values. A plain one is handed on. */
export function checkedList(
  component: string,
  argument: string,
  values: pulumi.Input<pulumi.Input<string>[]>,
  check: Check,
): pulumi.Input<pulumi.Input<string>[]> {
  if (!hasLater(values)) return values;
  return pulumi.output(values).apply((known) => {
    const problems = new Problems();
    if (!Array.isArray(known)) problems.add(argument, "must be a list");
    else for (const each of known) problems.required(argument, each, check);
    reject(component, problems.found);
    return known;
  });
}

/** Limits, all of them at once. */
export function checkedLimits(
  component: string,
  limits: pulumi.Input<Limits>,
): pulumi.Output<pulumi.Unwrap<Limits>> {
  return checkedInput<Limits>(component, limits, (known) => ({ limits: requiredLimits(known) }));
}

/** A health check. Without a command it would take Docker down. */
export function checkedHealth(
  component: string,
  health: pulumi.Input<HealthCheck>,
): pulumi.Output<pulumi.Unwrap<HealthCheck>> {
  return checkedInput<HealthCheck>(component, health, (known) => ({ health: known ?? {} }));
}

/** Limits as far as they are plain; each must be there. */
export function requiredLimits(limits: unknown): NonNullable<ContainerFacts["limits"]> {
  if (isLater(limits)) return {};
  const { cpus = null, memoryMb = null, pids = null } = (limits ?? {}) as Partial<Limits>;
  return { cpus: nowKnown(cpus), memoryMb: nowKnown(memoryMb), pids: nowKnown(pids) };
}

/** A health check as far as it is plain; undefined where nothing of it is. */
export function healthNow(health: unknown): ContainerFacts["health"] {
  if (isLater(health) || health === undefined || health === null) return undefined;
  const { command, ...times } = health as Record<string, unknown>;
  return { ...(tableNow(times) as object), command: listNow(command) };
}

/** A container of which what is known later is checked then. */
export function checkedSpec(component: string, spec: ContainerSpec) {
  return {
    ...spec,
    limits: checkedLimits(component, spec.limits),
    health: checkedHealth(component, spec.health),
    user: spec.user && checkedArgument(component, "user", spec.user, user),
    shmMb: spec.shmMb && checkedArgument(component, "shmMb", spec.shmMb, shmMb),
    healthTimeoutSeconds: checkedArgument(
      component,
      "healthTimeoutSeconds",
      spec.healthTimeoutSeconds,
      seconds(),
    ),
    stopGraceSeconds: checkedArgument(component, "stopGraceSeconds", spec.stopGraceSeconds, wholeSeconds),
  };
}

/** A container whose later values are checked. */
export type CheckedSpec = ReturnType<typeof checkedSpec>;
