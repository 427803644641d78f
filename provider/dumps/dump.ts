// tandem:data:Dump: before a service gets another image, its data is dumped by its own command. Where that fails, the engine stops
// before it touches the container.
import type Docker from "dockerode";
import { labels } from "../../lib/docker/labels.ts";
import type { CallContext, ResourceHandler } from "../../plugin/handler.ts";
import { hasUnknown, type Properties, sameValue } from "../../plugin/values.ts";
import { TRANSIENT } from "../docker/containers.ts";
import type { DockerHost } from "../docker/docker-host.ts";
import { dumpService } from "./service-dump.ts";

/** Containers of the service, but for those that are there for a moment or run its jobs and migrations. */
async function containersOf(docker: Docker, own: Properties): Promise<Docker.ContainerInfo[]> {
  const filters = JSON.stringify({
    label: Object.entries(own).map(([key, value]) => `${key}=${String(value)}`),
  });
  return (await docker.listContainers({ all: true, filters })).filter(
    ({ Labels }) => ![TRANSIENT, labels.migration, labels.jobsOf].some((label) => label in Labels),
  );
}

/**
 * Which of a service's containers is dumped before it gets an image: the running one, unless it has that image already, as after a run
 * that ended between the new container and the end of the old one.
 *
 * @returns undefined where there is nothing to dump; "stopped" where there is something, and nothing runs
 */
export function toDump<T extends Pick<Docker.ContainerInfo, "ImageID" | "State">>(
  containers: readonly T[],
  imageId: unknown,
): T | "stopped" | undefined {
  const running = containers.filter(({ State }) => State === "running");
  if (running.some(({ ImageID }) => ImageID === imageId)) return undefined;
  if (running.length > 0) return running[0];
  return containers.some(({ ImageID }) => ImageID !== imageId) ? "stopped" : undefined;
}

async function dumpBefore(
  inputs: Properties,
  ctx: CallContext<DockerHost>,
  oldImageId = inputs.imageId,
): Promise<Properties> {
  if (inputs.keep === 0) return inputs;
  const docker = await ctx.client.docker();
  const service = String(inputs.service);
  const containers = await containersOf(docker, inputs.labels as Properties);
  if (containers.length === 0 && oldImageId !== inputs.imageId)
    ctx.log(
      "warning",
      `${service} is not up: it gets another image without a restore point, since its own command dumps it`,
    );
  const running = toDump(containers, inputs.imageId);
  if (running === undefined) return inputs;
  const wayOut = `Nothing was touched. To replace it without a restore point, set restorePoints of ${service} to 0 for this update.`;
  if (running === "stopped")
    throw new Error(
      `${service} doesn't run, so that its data can't be dumped before it gets another image. ${wayOut}`,
    );
  ctx.status("dumping the data");
  try {
    const point = await dumpService(
      docker,
      { service, containerId: running.Id, volume: String(inputs.volume), keep: Number(inputs.keep) },
      (inputs.command as unknown[]).map(String),
      "before-update",
    );
    ctx.log("info", `restore point ${point.name}: ${Math.ceil(point.bytes / 1024)} KiB`);
    return { ...inputs, point: point.name };
  } catch (error) {
    throw new Error(`${(error as Error).message}. ${wayOut}`);
  }
}

export const dump: ResourceHandler<DockerHost> = {
  async diff({ oldInputs, news }, ctx) {
    const changes: Record<string, "update"> = {};
    for (const key of Object.keys({ ...oldInputs, ...news }))
      if (!sameValue(oldInputs[key] ?? null, news[key] ?? null)) changes[key] = "update";
    // A run that dumped and then failed has noted the image that never came to serve: what was written since is dumped again.
    if (Object.keys(changes).length === 0 && news.keep !== 0 && !hasUnknown(news)) {
      const containers = await containersOf(await ctx.client.docker(), news.labels as Properties);
      if (toDump(containers, news.imageId) !== undefined) changes.imageId = "update";
    }
    return { changes };
  },
  create: async ({ inputs }, ctx) => ({ id: String(inputs.volume), outputs: await dumpBefore(inputs, ctx) }),
  read: ({ id, outputs, inputs }) => ({ id, outputs, inputs }),
  update: ({ inputs, oldInputs }, ctx) => dumpBefore(inputs, ctx, oldInputs.imageId),
  delete: () => undefined,
};
