// What happens to containers while a test does something: Docker keeps no more than 256 events for who asks later.
import type { Readable } from "node:stream";
import { docker } from "./docker.ts";

/** A container that started or ended. */
export interface ContainerEvent {
  id: string;
  action: string;
}

/**
 * Listens to starts and ends of containers whose name begins so.
 *
 * @returns what happened since, in order; it is listened no longer then
 */
export async function listenTo(name: string): Promise<() => ContainerEvent[]> {
  const filters = JSON.stringify({ type: ["container"], event: ["start", "die"] });
  const stream = (await docker.getEvents({ filters })) as Readable;
  let text = "";
  stream.on("data", (part) => {
    text += String(part);
  });
  return () => {
    stream.destroy();
    return text
      .split("\n")
      .filter((line) => line !== "")
      .map(
        (line) => JSON.parse(line) as { id: string; Action: string; Actor: { Attributes: { name: string } } },
      )
      .filter(({ Actor }) => Actor.Attributes.name.startsWith(name))
      .map(({ id, Action }) => ({ id, action: Action }));
  };
}

/** Most of them that ran at the same time. */
export function mostAtATime(
  events: readonly ContainerEvent[],
  runningBefore: readonly string[] = [],
): number {
  const running = new Set(runningBefore);
  let most = running.size;
  for (const { id, action } of events) {
    if (action === "start") running.add(id);
    if (action === "die") running.delete(id);
    most = Math.max(most, running.size);
  }
  return most;
}
