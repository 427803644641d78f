// The report on a pair of environments as a document: what `--json` prints and the page is made from.
import type { RestorePoint } from "../../../provider/postgres/restore-point.ts";
import type { HistoryEntry } from "../../deploy/release/history.ts";
import type { Address } from "../../engine/inventory.ts";
import type { Service } from "../../engine/services.ts";
import type { MonthlyCost } from "../cost/cost.ts";
import type { Comparison } from "../parity/compare.ts";
import type { Risk } from "../plan/verdict.ts";
import type { Topology } from "./graph.ts";
import type { Source } from "./source.ts";

/** How an environment is: `never` was it brought up, `unknown` where its Docker host doesn't answer. */
export type Condition = "up" | "degraded" | "down" | "never" | "unknown";

/** The containers of an environment. */
export interface Containers {
  services: Service[];
  /** Containers that the state has and the host has not. */
  missing: string[];
}

/** Amounts of what a host gives; memory in MiB. Undefined where it is not known or not limited. */
export interface Amounts {
  cpus?: number;
  memoryMb?: number;
  pids?: number;
}

/** A Docker host. */
export interface Host extends Amounts {
  /** By which two environments on the same host are known. */
  id: string;
  name: string;
}

/** What the limits of an environment's running containers add up to, and what they should fit into. */
export interface Limits {
  host: Host;
  used: Required<Amounts>;
  /** The environment's share of its host, where its stack file names one. */
  budget: Amounts;
  /** Limits by component. */
  components: (Required<Amounts> & { component: string; containers: number })[];
}

/** What the next `up` would do. */
export interface Plan {
  changes: number;
  risks: Risk[];
}

/** How the policies stand. */
export interface Policies {
  mandatory: number;
  advisory: number;
  /** Rules that the stack turned off. */
  disabled: string[];
  /** What the preview found broken. */
  violations: { policy: string; mandatory: boolean; text: string; fix: string }[];
}

/** What the last look for drift saw. */
export interface DriftState {
  /** When that was; undefined where nobody has looked yet. */
  lookedAt?: string;
  /** What had drifted, and since when it was seen. */
  drifts: { subject: string; since: string }[];
}

/** Restore points. */
export interface RestorePoints {
  /** How many the stack keeps; 0 for none. */
  kept: number;
  points: RestorePoint[];
}

/** One environment. */
export interface EnvironmentReport {
  name: string;
  /** Does it count as production? */
  production: boolean;
  condition: Condition;
  address: Source<Address>;
  containers: Source<Containers>;
  topology: Source<Topology>;
  limits: Source<Limits>;
  plan: Source<Plan>;
  policies: Source<Policies>;
  drift: Source<DriftState>;
  restorePoints: Source<RestorePoints>;
  /** Oldest first. */
  deploys: Source<HistoryEntry[]>;
  /** Undefined where the system has no price table. */
  cost: Source<MonthlyCost | undefined>;
  /** Commands for it: how to look for drift, and to go back to a restore point. */
  commands: { drift: string; restore: string };
}

/** How grave a problem is: `bad` is broken now, `warn` wants attention, `note` is good to know. */
export type Level = "bad" | "warn" | "note";

/** Something that wants attention. */
export interface Problem {
  level: Level;
  /** The environment that it is about; undefined where it is about both. */
  environment?: string;
  text: string;
  /** Command that fixes it or shows more, or what to do in words. */
  fix: string;
}

/** The report. */
export interface Report {
  project: string;
  /** ISO 8601. */
  madeAt: string;
  seconds: number;
  /** The whole in one sentence. */
  sentence: string;
  /** The gravest of the problems; `good` where there is none but notes. */
  verdict: Level | "good";
  problems: Problem[];
  environments: [EnvironmentReport, EnvironmentReport];
  parity: Source<Comparison>;
  /** By environment and then by node of its topology: in what it differs from the other's. */
  differs: Record<string, Record<string, NodeDifference[]>>;
}

/** In what a part of the topology differs from the other environment's. */
export interface NodeDifference {
  text: string;
  /** Is there a reason why it may? */
  allowed: boolean;
}
