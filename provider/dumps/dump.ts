// tandem:data:Dump: before a service gets another image, its data is dumped by its own command. Where that fails, the engine stops
// before it touches the container.
import type Docker from "dockerode";
import { labels } from "../../lib/docker/labels.ts";
import type { CallContext, ResourceHandler } from "../../plugin/handler.ts";
import { type Properties, sameValue } from "../../plugin/values.ts";
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

async function dumpBefore(inputs: Properties, ctx: CallContext<DockerHost>): Promise<Properties> {
  if (inputs.keep === 0) return inputs;
  const docker = await ctx.client.docker();
  const service = String(inputs.service);
  const others = (await containersOf(docker, inputs.labels as Properties)).filter(
    ({ ImageID }) => ImageID !== inputs.imageId,
  );
  const running = others.find(({ State }) => State === "running");
  if (running === undefined && others.length === 0) return inputs;
  const wayOut = `Nothing was touched. To replace it without a restore point, set restorePoints of ${service} to 0 for this update.`;
  if (running === undefined)
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
  diff({ oldInputs, news }) {
    const changes: Record<string, "update"> = {};
    for (const key of Object.keys({ ...oldInputs, ...news }))
      if (!sameValue(oldInputs[key] ?? null, news[key] ?? null)) changes[key] = "update";
    return { changes };
  },
  create: async ({ inputs }, ctx) => ({ id: String(inputs.volume), outputs: await dumpBefore(inputs, ctx) }),
  read: ({ id, outputs, inputs }) => ({ id, outputs, inputs }),
  update: ({ inputs }, ctx) => dumpBefore(inputs, ctx),
  delete: () => undefined,
};
