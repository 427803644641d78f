// What a test of the preview's report knows of a change: how it is made, and what the report must say of it.
import type { Effects } from "../../ops/plan/effects.ts";
import type { Risk } from "../../ops/plan/verdict.ts";
import type { StackConfig } from "./project.ts";

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
  /** Secrets of staging. */
  secrets?: Record<string, string>;
  /** A replacement in the topology's text, which is both stacks' code. */
  code?: [from: string, to: string];
  /** Gives staging's image a new content under this tag. */
  image?: string;
  expected: { staging?: Verdict; production?: Verdict };
}

/** Changes of one report and one `up`: what they are expected to do adds up. */
export interface Group {
  changes: Change[];
  /** What the report must exit with, where it isn't 0; `up` must refuse the group then, and it is taken back. */
  refused?: number;
  /** Data is at risk: the report exits with 6, or 0 where it is approved, and `up` does it. */
  approved?: true;
}

/** Where staging listens, and where it moves to. */
export interface Ports {
  gateway: number;
  newGateway: number;
  newPostgres: number;
  postgres: number;
}
