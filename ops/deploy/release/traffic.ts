// What the gateway saw during deploys, kept: its own log is rotated, and gone with its container.
import { appendFileSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { withDocker } from "../../engine/docker-client.ts";
import { dockerHostOf, type Session } from "../../engine/session.ts";
import { countTraffic, type Traffic } from "./access-log.ts";

/** A deploy's traffic. */
export interface RecordedTraffic extends Traffic {
  /** ISO 8601. */
  startedAt: string;
  endedAt: string;
}

function trafficFile({ paths, project, stack }: Session): string {
  return join(paths.history, project.name, stack, "traffic.jsonl");
}

/** Counts what the gateway saw in this time, and keeps it. A gateway that can't be asked is no reason to fail. */
export async function recordTraffic(session: Session, startedAt: Date, endedAt: Date): Promise<void> {
  const { project, stack } = session;
  const span = { from: startedAt.getTime() / 1000, to: endedAt.getTime() / 1000 };
  const [traffic] = await withDocker(dockerHostOf(project, session.file), (docker) =>
    countTraffic(docker, project.name, stack, [span]),
  ).catch(() => []);
  if (traffic === undefined) return;
  const entry: RecordedTraffic = {
    startedAt: startedAt.toISOString(),
    endedAt: endedAt.toISOString(),
    ...traffic,
  };
  const file = trafficFile(session);
  mkdirSync(join(file, ".."), { recursive: true, mode: 0o700 });
  appendFileSync(file, `${JSON.stringify(entry)}\n`, { mode: 0o600 });
}

/** All that was kept. */
export function readTraffic(session: Session): RecordedTraffic[] {
  let text: string;
  try {
    text = readFileSync(trafficFile(session), "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
  return text.split("\n").flatMap((line) => {
    try {
      return [JSON.parse(line) as RecordedTraffic];
    } catch {
      // Blank, or torn by a crash.
      return [];
    }
  });
}
