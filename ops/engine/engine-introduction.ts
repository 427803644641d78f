// The engines that this command has started: its plugins and its listener for events serve them and nobody else.
import { type CallerCheck, canTellCallers, Engines, onlyAncestors } from "../../plugin/callers.ts";

const engines = new Engines();
let passOn: ((pid: number) => void) | undefined;
const started: number[] = [];

/** Takes note of an engine, as soon as its process is there; nothing where it could not be started. */
export function introduceEngine(pid: number | undefined): void {
  if (pid === undefined) return;
  engines.add(pid);
  started.push(pid);
  passOn?.(pid);
}

/** Calls back for each engine, those that were started before included. */
export function onEngine(hear: (pid: number) => void): void {
  passOn = hear;
  for (const pid of started) hear(pid);
}

/** Accepts the engines; everybody where callers can't be told. */
export async function onlyEngines(): Promise<CallerCheck> {
  return (await canTellCallers(process.pid)) ? engines.check : onlyAncestors();
}
