// Restore points of a service that dumps itself: made by hand, told, and brought back.
import type Docker from "dockerode";
import { types } from "../../../lib/resource-types.ts";
import { dumpService, restoreService } from "../../../provider/dumps/service-dump.ts";
import { type KeptPoint, PointStore, type ServicePoint } from "../../../provider/dumps/store.ts";
import { serviceContainers } from "../../engine/containers/service-containers.ts";
import { withDocker } from "../../engine/docker-client.ts";
import { UserError } from "../../engine/errors.ts";
import { confirm } from "../../engine/prompt.ts";
import { say } from "../../engine/say.ts";
import { dockerHostOf, type Session } from "../../engine/session.ts";
import { exportStack } from "../../engine/state/state-transfer.ts";
import { stackCommand, upCommand } from "../../engine/systems.ts";

/** What the state says of a service's dumps. */
interface DumpSpec {
  service: string;
  command: string[];
  restore: string[];
  volume: string;
  keep: number;
}

async function specOf(session: Session, service: string): Promise<DumpSpec> {
  const { resources = [] } = (await exportStack(session)).deployment ?? {};
  const all = resources
    .filter((one) => one.type === types.dump && one.delete !== true)
    .map(({ inputs }) => inputs as unknown as DumpSpec);
  const found = all.find((one) => one.service === service);
  if (found !== undefined) return found;
  const others = all.map((one) => one.service).join(", ");
  throw new UserError(
    `${session.stack} has no service ${service} that dumps its data`,
    others === "" ? "give a StatefulService a `dump`, or a preset that has one" : `there are: ${others}`,
    2,
  );
}

interface Place extends DumpSpec {
  docker: Docker;
  containerId: string;
  image: string;
}

async function withService<T>(
  session: Session,
  service: string,
  work: (place: Place) => Promise<T>,
): Promise<T> {
  const { project, stack, file } = session;
  const spec = await specOf(session, service);
  return await withDocker(dockerHostOf(project, file), async (docker) => {
    const [first] = await serviceContainers(docker, project, stack, service);
    if (first?.State !== "running")
      throw new UserError(
        `${service} doesn't run in ${stack}, and its data is dumped and restored by its own commands`,
        `bring it up first: \`${upCommand(project, stack)}\``,
      );
    return await work({ ...spec, docker, containerId: first.Id, image: first.ImageID });
  });
}

const sized = ({ name, createdAt, bytes }: ServicePoint) =>
  `${name}  ${createdAt}  ${Math.ceil(bytes / 1024)} KiB`;

/** Makes a restore point of a service. */
export async function makeServicePoint(session: Session, service: string): Promise<void> {
  await withService(session, service, async ({ docker, command, ...place }) => {
    const keep = Math.max(1, place.keep);
    const point = await dumpService(docker, { ...place, keep }, command, "by-hand");
    process.stdout.write(
      `${sized(point)}\nTo bring it back: ${stackCommand(session.project, "rollback", session.stack)} --service ${service} --point ${point.name}\n`,
    );
  });
}

/** Tells the restore points of a service, the newest first. */
export async function listServicePoints(session: Session, service: string): Promise<void> {
  await withService(session, service, async (place) => {
    const points = await PointStore.with(place.docker, place, (store) => store.list());
    process.stdout.write(
      points.length === 0 ? `${service} has no restore point\n` : `${points.map(sized).join("\n")}\n`,
    );
  });
}

function choose(
  { project, stack }: Session,
  service: string,
  points: readonly KeptPoint[],
  name: string | undefined,
): KeptPoint {
  const newest = points.find((point) => !point.name.endsWith("before-restore")) ?? points[0];
  const found = name === undefined ? newest : points.find((point) => point.name === name);
  if (found !== undefined) return found;
  const known = points.map((point) => point.name).join(", ");
  throw new UserError(
    `${service} has no restore point${name === undefined ? "" : ` ${name}`}`,
    known === ""
      ? `one is made before it gets another image, and by \`${stackCommand(project, "dump", stack)} ${service}\``
      : `there are: ${known}`,
    2,
  );
}

/**
 * Brings a service's data back, after a question; what is there now becomes a restore point before.
 *
 * @param name a restore point. @default the newest that wasn't made by this
 * @throws UserError when there is none, or it is not confirmed; the data is then as it was
 */
export async function restoreServicePoint(
  session: Session,
  service: string,
  { point: name, yes = false }: { point?: string | undefined; yes?: boolean | undefined },
): Promise<void> {
  await withService(session, service, async ({ docker, command, restore, ...place }) => {
    const points = await PointStore.with(docker, place, (store) => store.list());
    const point = choose(session, service, points, name);
    say(sized(point));
    if (point.image !== place.image) say("it was made by another image than the one that runs now");
    if (!yes) {
      const question = `Replace the data of ${service} in ${session.stack} by that of ${point.createdAt}? What is there now is kept.`;
      await confirm(question, "--yes");
    }
    const kept = await dumpService(docker, place, command, "before-restore");
    const back = `${stackCommand(session.project, "rollback", session.stack)} --service ${service} --point ${kept.name}`;
    try {
      await restoreService(docker, place, restore, point);
    } catch (error) {
      throw new UserError((error as Error).message, `what was there before is kept: \`${back}\``);
    }
    process.stdout.write(
      `\n${point.name} is restored to ${service}. What was there before is kept:\n  ${back}\n`,
    );
  });
}
