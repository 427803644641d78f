// Step: the images that the stacks name, on the Docker host: official ones, else stand-ins; and the example app's.
import { askDaemon, defaultDockerHost } from "../docker-daemon.ts";
import { findOnPath } from "../executables.ts";
import { describe, ensureImages, standInLines } from "../images/build.ts";
import type { Engine } from "../images/engine.ts";
import type { SetupContext, Step } from "../step.ts";

function engineOf({ paths, env, dockerHost }: Pick<SetupContext, "paths" | "env" | "dockerHost">): Engine {
  return { paths, env, ...(dockerHost === undefined ? {} : { dockerHost }) };
}

/** The step. */
export const images: Step = {
  id: "images",
  title: "images",
  async inspect(context) {
    const fix = "pull them, or build stand-ins from Debian's packages";
    const answer = await askDaemon(context.dockerHost ?? defaultDockerHost(context.env));
    if (!("version" in answer) || findOnPath("docker", context.env).length === 0) {
      return { ready: false, found: "unknown until Docker answers", fix };
    }
    const states = await describe(engineOf(context), context.images);
    const missing = states.filter(({ current }) => !current).map(({ reference }) => reference);
    if (missing.length > 0) {
      return { ready: false, found: `missing or outdated: ${missing.join(", ")}`, fix };
    }
    const standIns = standInLines(states);
    return {
      ready: true,
      found: [`${states.length} images, ${standIns.length} of them stand-ins`, ...standIns].join("\n"),
    };
  },
  async install(context, say) {
    await context.finished("docker");
    await ensureImages(context, say);
  },
};
