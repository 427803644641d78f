// Whether a tag means another image by now than the one on the Docker host: its registry is asked, through the host.

import { REGISTRY_VARIABLE } from "../../lib/registry-question.ts";
import type { CallContext } from "../../plugin/handler.ts";
import type { DockerHost, HostImage } from "./docker-host.ts";
import { registryLogin } from "./registry-login.ts";

/**
 * A tag with a full version, such as `7.2.11-bookworm` or `v1.24.1-p1`, is taken for what it says: to ask for each of them in each
 * preview would use up Docker Hub's allowance (100 manifests in 6 hours for an address, docs.docker.com/docker-hub/usage).
 */
const FULL_VERSION = /^v?\d+\.\d+\.\d+/;
/** Seconds that a registry may take. */
const SECONDS = 10;

/** The tag of a reference that may move; undefined where it has none, or a digest beside it. */
function movingTag(reference: string): string | undefined {
  if (reference.includes("@") || reference.startsWith("sha256:")) return undefined;
  const tag = /:([^:/]+)$/.exec(reference)?.[1] ?? "latest";
  return FULL_VERSION.test(tag) ? undefined : tag;
}

/**
 * The digest that the tag has in its registry, where that is another than the image on the host came with. Undefined for an
 * image that never was in a registry, and where the registry can't be asked: then the run says so and goes on with what there is.
 */
export async function movedTo(
  reference: string,
  image: HostImage,
  ctx: CallContext<DockerHost>,
  seconds = SECONDS,
): Promise<string | undefined> {
  const repository = reference.replace(/:[^:/]+$/, "");
  const own = image.digests.filter((digest) => isOf(digest, repository)).map((each) => each.split("@")[1]);
  if (process.env[REGISTRY_VARIABLE] === "unasked") return undefined;
  if (movingTag(reference) === undefined || own.length === 0) return undefined;
  const late = AbortSignal.timeout(seconds * 1000);
  try {
    const signal = AbortSignal.any([ctx.signal, late]);
    const digest = await ctx.client.registryDigest(reference, await registryLogin(reference), signal);
    return own.includes(digest) ? undefined : digest;
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    // Docker waits for the registry, and is itself well.
    const reason = late.aborted ? `its registry didn't answer within ${seconds} s` : said;
    ctx.log(
      "warning",
      `Whether ${reference} means another image by now isn't known: ${reason}. The one on the Docker host is used.`,
    );
    return undefined;
  }
}

/** Docker writes Docker Hub's names in short. */
function isOf(digest: string, repository: string): boolean {
  const short = (name: string) => name.replace(/^((index\.)?docker\.io\/)?(library\/)?/, "");
  return short(digest.split("@")[0] ?? "") === short(repository);
}
