// The engine's events of one run: which creations failed without a clear answer.

import { exitCodes, runEngine } from "../../engine/engine.ts";
import { listenToEngine } from "../../engine/engine-events.ts";
import type { Session } from "../../engine/session.ts";
import type { StateResource } from "../../engine/state/backend.ts";
import { type OpenEnd, readOpenEnds, writeOpenEnds } from "./open-ends.ts";

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

/** Reads the creations with an open end from the engine's events, a JSON document a line. */
export function openEndsOf(log: string): OpenEnd[] {
  const events = log.split("\n").flatMap((line): EngineEvent[] => {
    try {
      return [JSON.parse(line) as EngineEvent];
    } catch {
      // No whole event.
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
  const log: string[] = [];
  const listener = await listenToEngine((event) => {
    // Debug messages hold what plugins were given, secrets among it: they are not even kept in memory.
    if (/"resOpFailedEvent"|"severity": ?"error"/.test(event)) log.push(event);
  });
  try {
    // The engine offers its events where debug commands are on, and tells no more than it shows.
    const code = await runEngine(session, [...args, "--event-log", listener.address], {
      PULUMI_DEBUG_COMMANDS: "true",
    });
    if (code !== exitCodes.ok) {
      writeOpenEnds(session, [...readOpenEnds(session), ...openEndsOf(log.join("\n"))]);
    }
    return code;
  } finally {
    listener.close();
  }
}
