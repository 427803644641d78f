// What rules between settings are written with. They see what could be read, so each bears that values are missing.
import type { Listener } from "./define.ts";
import { type Issue, remove } from "./issue.ts";

/** A port to listen on; none where its setting has no value. */
export type MaybeListener = Omit<Listener, "port"> & { port: number | undefined };

/** The setting was read and has a value. */
export function given<V extends object>(key: keyof V, values: V): boolean {
  return values[key] !== undefined;
}

/** The setting was read and has none; false if it could not be read, which is an issue of its own. */
export function missing<V extends object>(key: keyof V, values: V): boolean {
  return key in values && values[key] === undefined;
}

/** It is needed beside another one. */
export function incomplete(key: string, reason: string, fix: Issue["fix"]): Issue {
  return { problem: "incomplete", path: [key], reason, fix };
}

/** It is a secret that nothing uses. */
export function unusedSecret(key: string, reason: string): Issue {
  return { problem: "unused-secret", path: [key], reason, fix: [remove([key])], severity: "warning" };
}
