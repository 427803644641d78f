// tandem:docker:Image: an image reference, resolved on the Docker host when the preview is made, and at its registry where the
// tag is one that moves.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { image as imageProblem } from "../../lib/docker/values.ts";
import { SCHEDULER_IMAGE } from "../../lib/jobs/place.ts";
import type { CallContext, ResourceHandler } from "../../plugin/handler.ts";
import { hasUnknown, type Properties, UNKNOWN } from "../../plugin/values.ts";
import type { DockerHost } from "./docker-host.ts";
import { fullDiskHint } from "./full-disk.ts";
import { movedTo } from "./moved-tag.ts";

/** No registry has it. */
const MADE_BY_SET_UP =
  " No registry has it: a preview of its environment by tandem makes it on this host, where the program of the system says `schedule`.";

type Context = CallContext<DockerHost>;

/**
 * Pulls through the Docker CLI, which knows the user's registry logins.
 *
 * @param moved is the host's own another one than its registry has by now?
 * @returns its content address
 * @throws where it isn't to be had: with what the registry said
 */
export async function pullImage(ctx: Context, reference: string, moved = false): Promise<string> {
  if (/^sha256:/.test(reference)) {
    throw new Error(
      `Image ${reference} is not on ${ctx.client.host}, and no registry can be asked for an id. ` +
        "Name it by tag or digest in the stack's config, or build it on that host.",
    );
  }
  ctx.status(`pulling ${reference}`);
  try {
    await promisify(execFile)("docker", ["--host", ctx.client.host, "pull", "--quiet", "--", reference], {
      signal: ctx.signal,
    });
  } catch (error) {
    const reason = (error as { stderr?: string }).stderr?.trim() || String(error);
    const hint =
      (reference === SCHEDULER_IMAGE ? MADE_BY_SET_UP : "") ||
      fullDiskHint(
        reason,
        `the Docker host (\`docker --host ${ctx.client.host} system df\` tells of what)`,
      ) ||
      " Check the reference in the stack's config, or log in to its registry with `docker login`.";
    const what = moved ? "means another image by now than the one on" : "is not on";
    throw new Error(`Image ${reference} ${what} ${ctx.client.host} and can't be pulled: ${reason}.${hint}`);
  }
  const id = await ctx.client.imageId(reference);
  if (id === undefined)
    throw new Error(`Image ${reference} was pulled and is still not on ${ctx.client.host}.`);
  return id;
}

async function ensure(inputs: Properties, ctx: Context): Promise<Properties> {
  const reference = String(inputs.reference);
  const known = inputs.moved === undefined ? await ctx.client.imageId(reference) : undefined;
  return { reference, imageId: known ?? (await pullImage(ctx, reference, inputs.moved !== undefined)) };
}

/** Resolves at check, so that preview and up see the same content address; pulls at create or update. */
export const image: ResourceHandler<DockerHost> = {
  async check({ news }, ctx) {
    if (news.reference === undefined || hasUnknown(news.reference)) return { inputs: news, failures: [] };
    const reference = String(news.reference);
    const reason = imageProblem(news.reference);
    if (reason !== undefined) return { inputs: news, failures: [{ property: "reference", reason }] };
    const found = await ctx.client.image(reference);
    if (found === undefined) return { inputs: { reference }, failures: [] };
    const moved = await movedTo(reference, found, ctx);
    return {
      inputs: { reference, ...(moved === undefined ? { imageId: found.id } : { moved }) },
      failures: [],
    };
  },
  diff({ olds, news }) {
    const changes: Record<string, "update"> = {};
    if (olds.reference !== news.reference) changes.reference = "update";
    if (olds.imageId !== news.imageId) changes.imageId = "update";
    if (news.moved !== undefined) changes.moved = "update";
    return { changes };
  },
  preview: ({ inputs: { moved, ...inputs } }) => ({ ...inputs, imageId: inputs.imageId ?? UNKNOWN }),
  async create({ inputs }, ctx) {
    return { id: String(inputs.reference), outputs: await ensure(inputs, ctx) };
  },
  async read({ id, outputs }, ctx) {
    const reference = String(outputs.reference ?? id);
    const imageId = await ctx.client.imageId(reference);
    if (imageId === undefined) return undefined;
    return { id: reference, outputs: { reference, imageId }, inputs: { reference, imageId } };
  },
  update: ({ inputs }, ctx) => ensure(inputs, ctx),
  delete: () => undefined,
};
