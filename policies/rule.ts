// What a rule of the policy pack is, and what it sees of a resource. A rule never repeats a value that may be secret.

import { types } from "../lib/resource-types.ts";
import { UNKNOWN } from "../plugin/values.ts";
import type { PolicySettings } from "./settings.ts";

/** How strictly a rule is taken: `mandatory` stops the run, `advisory` is a warning. */
export type Level = "mandatory" | "advisory";

/** Where a rule stands in the docs. */
export type Group =
  | "names"
  | "isolation"
  | "ports"
  | "limits"
  | "hardening"
  | "images"
  | "data"
  | "databases"
  | "effects";

/** Stands for a value that is known only after the update. A rule says nothing about it; the `up` looks again. */
export { UNKNOWN };

/** A resource's inputs as plain values, with UNKNOWN for what isn't known yet. */
export type Facts = Readonly<Record<string, unknown>>;

/** A resource as a rule sees it. */
export interface Subject {
  type: string;
  /** Logical name in the program. */
  name: string;
  urn: string;
  facts: Facts;
  /** Does the engine refuse to delete it? */
  protected: boolean;
}

/** What a rule knows besides the resource. */
export interface Surroundings {
  /** The project's name. */
  system: string;
  /** The stack's name. */
  environment: string;
  settings: PolicySettings;
}

/** One thing that is wrong, in words, on a resource. */
export interface Finding {
  text: string;
  urn?: string;
}

interface RuleBase {
  /** Name by which a stack sets its level. */
  name: string;
  group: Group;
  /** What must be so, as one sentence. */
  title: string;
  /** Why. */
  reason: string;
  /** What to do about a violation. */
  fix: string;
  /** Number in section 5 (or 4) of the CIS Docker Benchmark 1.7.0. */
  cis?: string;
  level: Level;
}

/** A rule about single resources of some types. */
export interface ResourceRule extends RuleBase {
  types: readonly string[];
  /** Everything that is wrong with the resource; empty where nothing is. */
  check(subject: Subject, around: Surroundings): string[];
}

/** A rule about a stack as a whole. */
export interface StackRule extends RuleBase {
  checkStack(subjects: readonly Subject[], around: Surroundings): Finding[];
}

export type Rule = ResourceRule | StackRule;

export { types };

/** A rule about containers of the Docker provider. */
export function containerRule(rule: Omit<ResourceRule, "types">): ResourceRule {
  return { ...rule, types: [types.container] };
}

/** The value as text; undefined where there is none or it isn't known. */
export function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** The value as a list; empty where there is none or it isn't known. */
export function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The entries of a list that are objects. */
export function records(value: unknown): Facts[] {
  return list(value).filter((entry): entry is Facts => typeof entry === "object" && entry !== null);
}

/** The texts of a list. */
export function texts(value: unknown): string[] {
  return list(value).flatMap((entry) => text(entry) ?? []);
}

/** Is the value there and known? */
export function isSet(value: unknown): boolean {
  return value !== undefined && value !== null && value !== "" && value !== UNKNOWN;
}

/** Is there no value, also not one that will be known later? */
export function isMissing(value: unknown): boolean {
  return value === undefined || value === null || value === "";
}

/** The number in a value; undefined where there is none. Docker's CPUs are numbers in text. */
export function numberOf(value: unknown): number | undefined {
  if (typeof value === "number") return value;
  const parsed = typeof value === "string" && value !== "" ? Number(value) : Number.NaN;
  return Number.isFinite(parsed) ? parsed : undefined;
}
