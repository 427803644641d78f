// The runs of a service's jobs, read from the log of its scheduler and from what the scheduler before left behind.
import type Docker from "dockerode";
import { cutOff, type JobState, jobStates, readStates } from "../../lib/jobs/log.ts";
import { EARLIER_RUNS } from "../../lib/jobs/place.ts";
import { printableLine } from "../../lib/printable.ts";
import { demultiplex, getFile, inspect, redact } from "./containers.ts";

/** Entries of the log that are read: what is older is not known. */
const LOG_LINES = 5000;

/** The jobs of a scheduler's container with their last runs; without what looks like a credential, harmless for a terminal. */
export async function jobsOf(docker: Docker, id: string): Promise<JobState[]> {
  const facts = await inspect(docker, id);
  if (facts === undefined) return [];
  const clean = (line: string) => printableLine(redact(line, facts.Config.Env ?? []));
  const earlier = readStates(await getFile(docker, id, EARLIER_RUNS).catch(() => undefined), clean);
  // A log that can't be read must not end a deploy, nor hide what else runs.
  const logs = docker.getContainer(id).logs({ stdout: true, stderr: true, tail: LOG_LINES });
  const frames = await logs.catch(() => Buffer.alloc(0));
  const states = jobStates(demultiplex(frames).split("\n"), earlier, clean);
  return facts.State.Running ? states : cutOff(states);
}
