// Operations whose end nobody knows: what the engine had under way when it was killed, and what failed without a clear
// answer because the connection broke or the run was interrupted. The engine keeps the first kind in the state; the
// second kind it forgets, so it is written down here until the thing was looked for.
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Session } from "../../engine/session.ts";
import type { Deployment, StateResource } from "../../engine/state/backend.ts";

/** An operation that was begun. */
export interface OpenEnd {
  /** The engine's word for it: `creating`, `updating`, `deleting` … */
  type: string;
  resource: StateResource;
}

/** Types whose making can be repeated, once what is unfinished is gone. Of others the engine itself warns. */
const repeatable = [
  ...[
    "docker:index/container:",
    "docker:index/network:",
    "docker:index/volume:",
    "docker:index/remoteImage:",
  ],
  ...["tandem:", "random:", "postgresql:", "pulumi:"],
];

/** Can the run that follows simply do it again? */
export function canRepeat({ type, resource }: OpenEnd): boolean {
  return type !== "creating" || repeatable.some((prefix) => resource.type.startsWith(prefix));
}

/** What the engine had under way when it was killed. */
export function pendingIn(deployment: Deployment | undefined): OpenEnd[] {
  return (deployment?.pending_operations ?? []) as OpenEnd[];
}

/** What was under way, in words: `creating Network oracle_staging`. */
export function describeOpenEnd({ type, resource }: OpenEnd): string {
  const kind = resource.type.split(":").at(-1) ?? resource.type;
  const { name = resource.urn.split("::").at(-1) } = resource.inputs ?? {};
  return `${type} ${kind} ${String(name)}`;
}

function noteFile({ paths, project, stack }: Session): string {
  return join(paths.kept, project.name, `${stack}.open-ends.json`);
}

function beginFile({ paths, project, stack }: Session): string {
  return join(paths.kept, project.name, `${stack}.begun`);
}

/**
 * Writes down that a run begins now: nothing that is older can be what it leaves, and where the note is still there
 * afterwards, the run did not come to a good end. With open ends of earlier runs their beginning stays.
 */
export function noteBegin(session: Session): void {
  const file = beginFile(session);
  if (readOpenEnds(session).length > 0 && existsSync(file)) return;
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeFileSync(file, new Date().toISOString());
}

/** Writes down that a run has come to a good end, with nothing left open. */
export function noteEnd(session: Session): void {
  rmSync(beginFile(session), { force: true });
}

/** When the earliest run that left something began, in milliseconds since 1970; 0 where none did that has not ended well. */
export function readBegin(session: Session): number {
  try {
    return Date.parse(readFileSync(beginFile(session), "utf8")) || 0;
  } catch {
    return 0;
  }
}

/** The open ends that were written down. */
export function readOpenEnds(session: Session): OpenEnd[] {
  try {
    return JSON.parse(readFileSync(noteFile(session), "utf8")) as OpenEnd[];
  } catch {
    // None; it is written whole or not at all.
    return [];
  }
}

/** What is kept of one: enough to look for the thing, and no secret. */
function essence({ type, resource }: OpenEnd): OpenEnd {
  const { urn, type: kind, provider, inputs = {} } = resource;
  const plain = ["name", "containerName", "timeoutSeconds"].filter((key) => key in inputs);
  return {
    type,
    resource: {
      ...{ urn, type: kind },
      ...(provider === undefined ? {} : { provider }),
      inputs: Object.fromEntries(plain.map((key) => [key, inputs[key]])),
    },
  };
}

/** Writes them down in the place of those before; an empty list removes the note. */
export function writeOpenEnds(session: Session, openEnds: readonly OpenEnd[]): void {
  const file = noteFile(session);
  if (openEnds.length === 0) {
    rmSync(file, { force: true });
    return;
  }
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeFileSync(`${file}.new`, JSON.stringify(openEnds.map(essence)), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}
