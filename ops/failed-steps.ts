// The engine's event log of one run: which creations failed without a clear answer.
import { readFileSync } from "node:fs";
import type { StateResource } from "./backend.ts";
import type { OpenEnd } from "./open-ends.ts";

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

/** The same from a file; none where the engine wrote no log. */
export function openEndsIn(file: string): OpenEnd[] {
  try {
    return openEndsOf(readFileSync(file, "utf8"));
  } catch {
    return [];
  }
}
