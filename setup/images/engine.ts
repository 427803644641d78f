// What set-up asks of the Docker engine about images: look, pull, import, build. Through the CLI, which knows contexts,
// ssh hosts, proxies and registry logins.
import { join } from "node:path";
import { execa } from "execa";
import type { Environ, Paths } from "../paths.ts";
import { run } from "../run.ts";

/** An image as the engine has it. */
export interface LocalImage {
  /** Content id, `sha256:…`. */
  id: string;
  labels: Readonly<Record<string, string>>;
}

/** Which engine, and where logs of long commands go. */
export interface Engine {
  paths: Pick<Paths, "logs">;
  env: Environ;
  /** Docker host as a URL; undefined means `DOCKER_HOST`, else the CLI's context. */
  dockerHost?: string;
}

/** How an image is built. */
export interface BuildOptions {
  /** Folder that is sent to the engine, with its Dockerfile. */
  folder: string;
  reference: string;
  buildArgs?: Readonly<Record<string, string>>;
  labels: Readonly<Record<string, string>>;
}

/** Milliseconds until a registry must have answered with a manifest: a closed network drops packets. */
const pullAnswerMs = 15_000;

/** Outcome of a pull: `absent` means that the registry answered, but has no such image for us. */
export type PullResult = "pulled" | "absent" | "unreachable";

/** The environment of the CLI. */
export function dockerEnv(engine: Engine): Record<string, string> {
  return engine.dockerHost === undefined ? {} : { DOCKER_HOST: engine.dockerHost };
}

/**
 * Those of the references that the engine has.
 *
 * @throws when the engine can't be asked
 */
export async function inspectImages(
  engine: Engine,
  references: readonly string[],
): Promise<Map<string, LocalImage>> {
  const images = new Map<string, LocalImage>();
  if (references.length === 0) return images;
  // One call for all; a missing image is an error to the CLI and none to us.
  const result = await execa("docker", ["image", "inspect", "--", ...references], {
    env: dockerEnv(engine),
    reject: false,
    stdin: "ignore",
  });
  const complaints = result.stderr.split("\n").filter((line) => line !== "" && !/no such image/i.test(line));
  if (result.failed && (complaints.length > 0 || result.exitCode === undefined)) {
    throw new Error(
      `docker image inspect: ${complaints.join("; ") || result.shortMessage}. Does the Docker engine run?`,
    );
  }
  interface Inspected {
    Id: string;
    RepoTags: string[] | null;
    Config: { Labels: Record<string, string> | null } | null;
  }
  for (const image of JSON.parse(result.stdout || "[]") as Inspected[]) {
    for (const tag of image.RepoTags ?? []) {
      images.set(tag, { id: image.Id, labels: image.Config?.Labels ?? {} });
    }
  }
  return images;
}

/**
 * What is built from this machine's packages runs on its kind of processor only.
 *
 * @throws when the engine runs on another kind, or can't be asked
 */
export async function requireSameProcessor(engine: Engine): Promise<void> {
  const { stdout } = await execa("docker", ["version", "--format", "{{.Server.Arch}}"], {
    env: dockerEnv(engine),
    stdin: "ignore",
  });
  const own = process.arch === "x64" ? "amd64" : process.arch;
  if (stdout.trim() !== own) {
    throw new Error(
      `the Docker engine runs on ${stdout.trim()} and this machine on ${own}: pull the images there, or run set-up there`,
    );
  }
}

/** Pulls an image; gives up when no registry answers within 15 seconds, never while layers arrive. */
export async function pullImage(
  engine: Engine,
  reference: string,
  say: (line: string) => void,
): Promise<PullResult> {
  const cancel = new AbortController();
  const timer = setTimeout(() => cancel.abort(), pullAnswerMs);
  const child = execa("docker", ["pull", "--", reference], {
    env: dockerEnv(engine),
    all: true,
    reject: false,
    stdin: "ignore",
    cancelSignal: cancel.signal,
  });
  for await (const line of child.iterable({ from: "all" })) {
    if (/: Pulling from /.test(line)) clearTimeout(timer);
    say(`pull ${reference}: ${line}`);
  }
  const result = await child;
  clearTimeout(timer);
  return result.failed ? pullFailure(result.all ?? "") : "pulled";
}

/** Tells a registry's no from no registry at all, by the engine's words. */
export function pullFailure(output: string): "absent" | "unreachable" {
  const refusals =
    /manifest unknown|no matching manifest|manifest for .* not found|repository .* not found|pull access denied|unauthorized|toomanyrequests/i;
  return refusals.test(output) ? "absent" : "unreachable";
}

/** Makes an image of one layer from a tar file. @throws with the CLI's last lines */
export async function importImage(
  engine: Engine,
  tar: string,
  reference: string,
  changes: readonly string[],
): Promise<void> {
  const args = ["import", ...changes.flatMap((change) => ["--change", change]), tar, reference];
  await run("docker", args, { log: join(engine.paths.logs, "images.log"), env: dockerEnv(engine) });
}

/** Builds an image. @throws with the build's last lines and the log */
export async function buildImage(
  engine: Engine,
  options: BuildOptions,
  say: (line: string) => void,
): Promise<void> {
  const args = ["build", "--network", buildNetwork(engine.env), "--tag", options.reference];
  args.push(...Object.entries(options.labels).flatMap(([name, value]) => ["--label", `${name}=${value}`]));
  // By name only: the CLI takes the values from its environment, and a proxy's password stays off the command line.
  args.push(...Object.keys(options.buildArgs ?? {}).flatMap((name) => ["--build-arg", name]));
  const builder = await builderEnv(engine);
  // The engine's own builder leaves the container of a failed step behind.
  if (builder.DOCKER_BUILDKIT === "0") args.push("--force-rm");
  await run("docker", [...args, "--", options.folder], {
    log: join(engine.paths.logs, "images.log"),
    env: { ...dockerEnv(engine), ...builder, ...options.buildArgs },
    onLine: (line) => {
      if (line.trim() !== "") say(`build ${options.reference}: ${line.trim()}`);
    },
  });
}

/**
 * The network of a build's commands. They run code of other people's packages, and on the host's own network that would
 * reach whatever listens on its 127.0.0.1: databases, plugins. So it is Docker's own unless somebody says otherwise.
 *
 * @throws when `TANDEM_BUILD_NETWORK` says something else
 */
export function buildNetwork(env: Environ): string {
  const said = env.TANDEM_BUILD_NETWORK || "default";
  if (said === "default" || said === "host") return said;
  throw new Error(
    `TANDEM_BUILD_NETWORK is "${said}": say \`default\` or nothing for Docker's own network, or \`host\` where that has no way out`,
  );
}

/** BuildKit where its CLI plugin is installed, else the engine's own builder; the user's word goes first. */
async function builderEnv(engine: Engine): Promise<Record<string, string>> {
  if (engine.env.DOCKER_BUILDKIT !== undefined) return { DOCKER_BUILDKIT: engine.env.DOCKER_BUILDKIT };
  const buildx = await execa("docker", ["buildx", "version"], { reject: false, stdin: "ignore" });
  // The builder named `default` is the engine itself: it sees local images and leaves the result there.
  return buildx.failed ? { DOCKER_BUILDKIT: "0" } : { BUILDX_BUILDER: "default", BUILDKIT_PROGRESS: "plain" };
}
