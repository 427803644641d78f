// The types that a system is described with: its settings, the rules between them, its topology.
import type { Input, Output } from "@pulumi/pulumi";
import type { z } from "zod";
import type { Environment } from "../../components/environment.ts";
import type { AcceptanceDefinition } from "./acceptance.ts";
import type { Issue } from "./issue.ts";
import { metaOf } from "./kind.ts";
import type { ParityDefinition } from "./parity.ts";
import type { ReleaseDefinition } from "./release.ts";
import type { Secret } from "./secret.ts";
import type { SeedDefinition } from "./seed.ts";

/** What a setting says besides its type. */
export interface SettingOptions {
  /** One sentence for Pulumi.yaml. */
  description: string;
  /** Value if a stack sets none, in the stack file's form. The one place where it stands. @default none: required */
  default?: unknown;
  /** A stack may leave it out, and then the value is undefined. @default false */
  optional?: boolean;
  /** A value that is right for this setting, for fixing commands. @default the building block's */
  example?: string;
  /** No two stacks of the project may have the same value. @default false */
  unique?: boolean;
  /** At most one stack of the project may set it to true. @default false */
  exclusive?: boolean;
  /** It acts on the world outside: calls, messages, payments. Only production may set it to true. @default false */
  productionOnly?: boolean;
  /** It is not proven yet: production sets it to true only where `tandem:experiments` names it. @default false */
  experimental?: boolean;
}

/** One setting: its schema and what it says besides. */
export interface Setting<T = unknown> extends SettingOptions {
  schema: z.ZodType<T>;
  /** What in the value no other stack of the project may have, where that is not the value as a whole. */
  identity?(value: T): string | undefined;
  /** What in the value to set, and for example to what, where the identity is another stack's. @default it is removed */
  identityAt?: { path: string[]; example: string };
}

/** A setting that a stack may leave out, and then its value is undefined. */
export function setting<T>(
  schema: z.ZodType<T>,
  options: SettingOptions & { optional: true; default?: never },
): Setting<T | undefined>;
/** A setting that has a value in each stack: its own, or the default. */
export function setting<T>(
  schema: z.ZodType<T>,
  options: SettingOptions & Pick<Setting<T>, "identity" | "identityAt"> & { optional?: false },
): Setting<T>;
export function setting(schema: z.ZodType, options: SettingOptions): Setting {
  const { type } = metaOf(schema);
  if (options.optional && type !== "string" && type !== "integer") {
    // Pulumi wants a value for each declared key; only text and numbers have one that can mean "none".
    throw new Error("only text and whole numbers can be optional: give the setting a default instead");
  }
  return { ...options, schema };
}

/** Settings by key. */
export type Settings = Record<string, Setting>;

/** The values of settings, secrets as `Secret`. */
export type ValuesOf<K extends Settings> = { [P in keyof K]: K[P] extends Setting<infer T> ? T : never };

/** A port that a stack listens on. */
export interface Listener {
  /** Key of the setting. */
  key: string;
  port: number;
  address: string;
  /** Docker host that publishes it; undefined is this machine's own Docker. */
  dockerHost?: string | undefined;
  /** It is opened on this machine although Docker is elsewhere. @default false */
  forwarded?: boolean;
}

/** What containers of one role ask of the host. */
export interface Demand {
  /** Key and path of the limit. */
  path: string[];
  cpus: number;
  /** Memory of one container in MiB. */
  memoryMb: number;
  /** Most processes of one container. */
  pids: number;
  /** How many containers there are. */
  count: number;
}

/**
 * Everything the check and the program know of a system's settings. Rules see what could be read, so each must bear
 * that values are missing.
 */
export interface SystemSettings<K extends Settings = Settings> {
  keys: K;
  /** Rules between settings. */
  rules?(values: Partial<ValuesOf<K>>): Issue[];
  /** Ports that a stack listens on: no two may be the same, and none may be taken. */
  listeners?(values: Partial<ValuesOf<K>>): Listener[];
  /** What the containers ask of the host. */
  demands?(values: Partial<ValuesOf<K>>): Demand[];
  /** What rollback and promotion move, and how they find out whether it works. @default it can do neither */
  release?: ReleaseDefinition<K>;
  /** What may differ between the environments, for `tandem parity`. @default nothing */
  parity?: ParityDefinition<K>;
  /** How production's rows are masked for `tandem seed`. @default they can't be copied */
  seed?: SeedDefinition | undefined;
  /** How `tandem checklist` and `tandem performance` try it. @default they can't */
  acceptance?: AcceptanceDefinition<K>;
}

/** Names the type of a system's settings; adds nothing at run time. */
export function defineSettings<K extends Settings>(system: SystemSettings<K>): SystemSettings<K> {
  return system;
}

/** A value as the program gets it: a secret is a secret Output. */
type InProgram<T> = T extends Secret
  ? Output<string>
  : T extends readonly (infer I)[]
    ? InProgram<I>[]
    : T extends object
      ? { [P in keyof T]: InProgram<T[P]> }
      : T;

/** The values of settings as a topology gets them. */
export type ProgramSettings<K extends Settings> = InProgram<ValuesOf<K>>;

/** Name of the stack that holds what several environments use. */
export const SHARED_STACK = "shared";

/** The settings of a system's stacks: those of its environments, and those of its stack `shared` if it has one. */
export interface StackSettings {
  environments: SystemSettings;
  shared?: SystemSettings | undefined;
  /** Whether an environment with these values uses the stack `shared`. @default each does */
  usesShared?: ((values: Record<string, unknown>) => boolean) | undefined;
}

/** The settings that a stack has. */
export function settingsOf({ environments, shared }: StackSettings, stack: string): SystemSettings {
  return stack === SHARED_STACK ? (shared ?? environments) : environments;
}

/** Whether a stack needs the stack `shared` to be up. */
export function needsShared(all: StackSettings, stack: string, values: Record<string, unknown>): boolean {
  if (all.shared === undefined || stack === SHARED_STACK) return false;
  return all.usesShared?.(values) ?? true;
}

/** The stack `shared` of a system: servers that have one owner and are used by several environments. */
export interface SharedDefinition<K extends Settings, S, SK extends Settings> {
  settings: SystemSettings<SK>;
  /**
   * Builds what is shared. What it returns goes to the environments as plain values: names, ports and networks. A
   * secret is refused there: each environment makes logins of its own.
   */
  topology(env: Environment, settings: ProgramSettings<SK>): { [P in keyof S]: Input<S[P]> };
  /** Whether an environment with these settings uses it; settings.ts exports it as `usesShared`. @default each does */
  usedBy?(settings: ProgramSettings<K>): boolean;
}

/** A system: its settings and the one function that every environment calls. */
export interface SystemDefinition<K extends Settings, R, S = undefined, SK extends Settings = Settings> {
  /** The system's name, for example `oracle`. */
  name: string;
  settings: SystemSettings<K>;
  /**
   * Builds the environment. It must not ask which one it is: what differs is in the settings. `shared` is what the
   * stack `shared` handed out; undefined where the system has none or the environment doesn't use it.
   */
  topology(env: Environment, settings: ProgramSettings<K>, shared: S): R;
  /**
   * Name of a thing from its role, where the system's names have a form of their own.
   * @default `<project>_<stack>_<role>`
   */
  naming?(settings: ProgramSettings<K>): (role: string) => string;
  /** What several environments use, as a stack of its own. @default none */
  shared?: SharedDefinition<K, NonNullable<S>, SK>;
}

/** Names the type of a system; adds nothing at run time. */
export function defineSystem<K extends Settings, R, S = undefined, SK extends Settings = Settings>(
  system: SystemDefinition<K, R, S, SK>,
): SystemDefinition<K, R, S, SK> {
  return system;
}
