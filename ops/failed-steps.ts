// The engine's event log of one run: which creations failed without a clear answer.
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import type { StateResource } from "./backend.ts";
import { exitCodes, runEngine } from "./engine.ts";
import { type OpenEnd, readOpenEnds, writeOpenEnds } from "./open-ends.ts";
import type { Session } from "./session.ts";

/** The parts of an engine event that are read here. */
interface EngineEvent {
  resOpFailedEvent?: { metadata: { op: string; urn: string; new?: StateResource | null } };
  diagnosticEvent?: { urn?: string; severity: string; message: string };
}

/** Operations that make something. */
const creations = ["create", "create-replacement"];

/**
 * The far end said no: nothing was made, and what bears the name belongs to somebody else. Any other failure leaves it
 * open whether the request had arrived: a connection that broke, a daemon that went away, an interrupt.
 */
const refusal = /already (exists|in use)|is in use by|conflict/i;

/** Reads the creations with an open end from a log as the engine writes it, a JSON document a line. */
export function openEndsOf(log: string): OpenEnd[] {
  const events = log.split("\n").flatMap((line): EngineEvent[] => {
    try {
      return [JSON.parse(line) as EngineEvent];
    } catch {
      // The last line of a run that was killed.
      return [];
    }
  });
  const refused = new Set(
    events.flatMap(({ diagnosticEvent: message }) =>
      message?.severity === "error" && refusal.test(message.message) ? (message.urn ?? []) : [],
    ),
  );
  return events.flatMap(({ resOpFailedEvent: failure }) => {
    const { op, urn, new: resource } = failure?.metadata ?? { op: "", urn: "" };
    return resource != null && creations.includes(op) && !refused.has(urn)
      ? [{ type: "creating", resource }]
      : [];
  });
}

/**
 * Runs the engine, and writes down the open ends of a run that fails.
 *
 * @returns its exit code
 */
export async function runNotingOpenEnds(session: Session, args: readonly string[]): Promise<number> {
  const { paths, project, stack } = session;
  const log = join(paths.kept, project.name, `${stack}.events`);
  mkdirSync(dirname(log), { recursive: true, mode: 0o700 });
  try {
    // The engine offers its event log where debug commands are on, and writes no more than it shows.
    const code = await runEngine(session, [...args, "--event-log", log], { PULUMI_DEBUG_COMMANDS: "true" });
    if (code !== exitCodes.ok) {
      // Where it ended before its first event there is no log.
      const events = existsSync(log) ? readFileSync(log, "utf8") : "";
      writeOpenEnds(session, [...readOpenEnds(session), ...openEndsOf(events)]);
    }
    return code;
  } finally {
    rmSync(log, { force: true });
  }
}
