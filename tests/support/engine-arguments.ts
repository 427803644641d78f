// Generated sets of arguments through Pulumi's own engine, on a Docker daemon of a test's own: a program makes the components
// from their seeds, and its `up` ends as anybody's does.
import { join } from "node:path";
import type { ArgumentSet, ComponentKind } from "./argument-sets.ts";
import type { OwnDocker } from "./own-docker.ts";
import { TestProgram } from "./program.ts";
import { type Outcome, ROOT } from "./project.ts";

/** Components that come up from one image, and with nothing outside of Docker. */
export const ENGINE_COMPONENTS: readonly ComponentKind[] = [
  ...(["Environment", "AppService", "RedisInstance"] as const),
  ...(["SharedService", "SharedRedisServer", "DataVolume"] as const),
];
/** What the valid ones among the sets name. */
const IMAGES = ["app", "server"];
const NETWORKS = ["fuzz_other", "fuzz_one", "fuzz_two"];

/** Each set has an environment and a name of its own: in one program no two may share them. What a set throws comes last. */
const PROGRAM = `
import * as pulumi from "@pulumi/pulumi";
import { argumentSet } from ${JSON.stringify(join(ROOT, "tests/support/argument-sets.ts"))};
import { make } from ${JSON.stringify(join(ROOT, "tests/support/made-arguments.ts"))};
const dockerHost = process.env.FUZZ_DOCKER;
const sets = JSON.parse(process.env.FUZZ_SETS);
const refused = [];
for (const [component, seed] of sets) {
  const set = argumentSet(component, seed);
  const label = component.toLowerCase() + "-" + seed;
  set.name = label;
  const { args } = set;
  if (component === "Environment" && args.dockerHost === undefined) args.dockerHost = dockerHost;
  if (args.system === "fuzz") args.system = "$SYSTEM";
  // A health check that fails holds the run up for so long.
  if (args.healthTimeoutSeconds === undefined || args.healthTimeoutSeconds === 60) args.healthTimeoutSeconds = 3;
  try {
    make(set, { system: "$SYSTEM", environment: label, dockerHost, data: { protect: false } });
  } catch (error) {
    if (!pulumi.RunError.isInstance(error) && !pulumi.ResourceError.isInstance(error)) throw error;
    refused.push(error.message);
  }
}
if (refused.length > 0) throw new pulumi.RunError(["refused " + refused.length, ...refused].join("\\n"));
`;

/** Whether a set leaves its container the memory and processes that this image takes. */
export function isRoomy({ args }: ArgumentSet): boolean {
  const { memoryMb, pids } = (args.limits ?? {}) as { memoryMb?: unknown; pids?: unknown };
  return args.limits === undefined || (Number(memoryMb) >= 32 && Number(pids) >= 16);
}

/** The sets whose resources failed. */
export function failed(sets: readonly ArgumentSet[], { output }: Outcome): ArgumentSet[] {
  const failures = output.split("\n").filter((line) => /\*\*.*failed\*\*/.test(line));
  return sets.filter(({ component, seed }) =>
    failures.some((line) => new RegExp(`(?<![a-z])${component.toLowerCase()}-${seed}(?!\\d)`).test(line)),
  );
}

/** What an outcome has that none may have: a stack trace, or words that no person wrote. */
export function unclear({ output }: Outcome): string[] {
  return output
    .split("\n")
    .filter((line) => /^\s+at .*[:(]|panic:|goroutine \d|\bundefined\b|\[object /.test(line));
}

/** A program of sets. */
export class EngineArguments {
  readonly #own: OwnDocker;
  readonly #program: TestProgram;

  private constructor(own: OwnDocker, program: TestProgram) {
    this.#own = own;
    this.#program = program;
  }

  /** Makes the program; `image` is one of Redis that the daemon has. */
  static async create(own: OwnDocker, image: string): Promise<EngineArguments> {
    for (const repo of IMAGES) await own.client.getImage(image).tag({ repo, tag: "1.0.0" });
    for (const Name of NETWORKS) await own.client.createNetwork({ Name });
    return new EngineArguments(own, await TestProgram.create(PROGRAM));
  }

  /** Brings the sets up, until one fails. */
  async up(sets: readonly ArgumentSet[]): Promise<Outcome> {
    this.#program.variables = {
      FUZZ_DOCKER: this.#own.host,
      FUZZ_SETS: JSON.stringify(sets.map(({ component, seed }) => [component, seed])),
    };
    return await this.#program.pulumi("up", "--yes");
  }

  /** What the daemon has that was not there before the first `up`. */
  async left(): Promise<string[]> {
    const { client } = this.#own;
    const containers = await client.listContainers({ all: true });
    const networks = await client.listNetworks();
    const own = ["bridge", "host", "none", ...NETWORKS];
    return [
      ...containers.map(({ Names }) => `container ${Names.join()}`),
      ...networks.filter(({ Name }) => !own.includes(Name)).map(({ Name }) => `network ${Name}`),
    ];
  }

  /** What a preview after `up` would change: nothing, where each value is read back as it was written. */
  async preview(): Promise<Outcome> {
    return await this.#program.pulumi("preview", "--diff", "--expect-no-changes");
  }

  /** Takes all down again. */
  async destroy(): Promise<Outcome> {
    return await this.#program.pulumi("destroy", "--yes");
  }

  /** Removes the program; the daemon and all on it is the caller's. */
  async remove(): Promise<void> {
    await this.#program.remove();
  }
}
