// The engine's event log, read while it is being written: each step that changes something, at its beginning and its end.
import { closeSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import type { TestProject } from "./project.ts";

/** The parts of an engine event that are read here. */
interface EngineEvent {
  resourcePreEvent?: { metadata: { op: string; urn: string } };
  resOutputsEvent?: { metadata: { op: string; urn: string } };
}

/** File for the engine's `--event-log`. */
export function eventLog(project: TestProject): string {
  return join(project.home, "events.jsonl");
}

function stepOf(line: string): string | undefined {
  const event = JSON.parse(line) as EngineEvent;
  const metadata = (event.resourcePreEvent ?? event.resOutputsEvent)?.metadata;
  if (metadata === undefined || metadata.op === "same" || metadata.op === "read") return undefined;
  const [, , type = "", name = ""] = metadata.urn.split("::");
  const phase = event.resourcePreEvent === undefined ? "after" : "before";
  return `${phase} ${metadata.op} of ${type.split(":").at(-1)} ${name}`;
}

/** Calls back with each step as soon as it stands in the log; returns what ends that. */
export function watchSteps(file: string, onStep: (step: string) => void): () => void {
  let descriptor: number | undefined;
  let rest = "";
  const buffer = Buffer.alloc(1 << 16);
  const look = () => {
    try {
      descriptor ??= openSync(file, "r");
    } catch {
      // The engine hasn't begun.
      return;
    }
    for (let count = readSync(descriptor, buffer); count > 0; count = readSync(descriptor, buffer)) {
      const lines = (rest + buffer.toString("utf8", 0, count)).split("\n");
      rest = lines.pop() ?? "";
      for (const step of lines.map(stepOf)) if (step !== undefined) onStep(step);
    }
  };
  const timer = setInterval(look, 2);
  return () => {
    clearInterval(timer);
    if (descriptor !== undefined) closeSync(descriptor);
  };
}
