// What a test of the preview's report knows of a change: how it is made, and what the report must say of it.
import type { Effects } from "../../ops/inspect/plan/effects.ts";
import type { Risk } from "../../ops/inspect/plan/verdict.ts";
import type { StackConfig } from "./project.ts";

/** The environments that are told side by side. */
export const STACKS = ["staging", "production"] as const;
export type Stack = (typeof STACKS)[number];

/** Who is asked for a password, once a change asks for one. */
export const USER = "team";
/** That password: a canary too, which no report may hold. */
export const passwordOf = (stack: Stack) => `canary-password-of-${stack}`;

/** What the report must say of a stack: these effects and risks of these kinds, and nothing else. */
export interface Verdict {
  effects: Partial<Effects>;
  risks?: Risk["kind"][];
}

/** One change. */
export interface Change {
  name: string;
  staging?: StackConfig;
  production?: StackConfig;
  /** Secrets by stack. */
  secrets?: Partial<Record<Stack, Record<string, string>>>;
  /** A replacement in the topology's text, which is both stacks' code. */
  code?: [from: string, to: string];
  /** An image and the tag that it gets from now on. */
  tag?: { image: string; as: string };
  /** What is said of each stack; nothing of one that isn't named. */
  expected: Partial<Record<Stack, Verdict>>;
}

/** Changes with a report each, then one `up` of each stack with all of them: what was said adds up. */
export interface Group {
  name: string;
  changes: Change[];
  /** In the long form only: no group after it builds on it. */
  long?: true;
  /** What the report exits with, where it isn't 0; `up` must refuse the group then, and it is taken back. */
  refused?: 1 | 5;
  /**
   * A report on each change in the daily run, too: where a database's server is replaced, a preview can't know what is
   * pending on it, so a migration is foretold that no change alone makes.
   */
  alone?: true;
  /** Data is at risk: the report exits with 6, or 0 where it is approved, and `up` does it. */
  approved?: true;
}

/** Where a stack listens, and where it moves to. */
export interface Ports {
  gateway: number;
  newGateway: number;
  postgres: number;
  newPostgres: number;
}

/** Images that the changes name, and the content addresses of those that run from the beginning. */
export type ImageName = "example" | "one" | "two" | "three" | "four" | "redis" | "otherRedis";

/** What the changes name of a pair of environments. */
export interface PairFacts {
  /** The system's name. */
  name: string;
  ports: Record<Stack, Ports>;
  /** Content addresses. */
  ids: Record<ImageName, string>;
}

const NO_PORTS: Ports = { gateway: 1, newGateway: 2, postgres: 3, newPostgres: 4 };

/** Stands in where only the changes' names are asked for: tests are named before a pair is there. */
export const NO_PAIR: PairFacts = {
  name: "",
  ports: { staging: NO_PORTS, production: NO_PORTS },
  ids: { example: "", one: "", two: "", three: "", four: "", redis: "", otherRedis: "" },
};

/** Reference of an image that a pair has of its own. */
export const ownImage = (name: string, image: string) => `${name}:${image}`;

/** Another image of the app: its migration runs, then its container comes beside the old one. */
export const MIGRATED: Verdict = {
  effects: { replaces: ["app"], migrations: ["app-migration"] },
  risks: ["deploy", "migration"],
};
/** A new container of the app for another setting: nothing is pending in the database, so no migration runs. */
export const DEPLOY: Verdict = { effects: { replaces: ["app"] }, risks: ["deploy"] };
/** The route changes. */
export const ROUTE: Verdict = { effects: { routes: ["app-route"] }, risks: ["route"] };
/** The route lets more people in. */
export const EXPOSED: Verdict = {
  effects: { routes: ["app-route"], exposes: ["app-route"] },
  risks: ["route", "exposure"],
};
/** A component's container stops before the new one starts. */
export const restart = (component: string): Verdict => ({
  effects: { restarts: [component] },
  risks: ["restart"],
});
/** The same is said of both. */
export const both = (verdict: Verdict) => ({ staging: verdict, production: verdict });
/** This and that is said. */
export function and(...verdicts: Verdict[]): Verdict {
  return {
    effects: Object.assign({}, ...verdicts.map(({ effects }) => effects)) as Partial<Effects>,
    risks: verdicts.flatMap(({ risks }) => risks ?? []),
  };
}
