// Entry point of the process that serves this package's providers to engines that attach to them: all in one, since most of
// a provider's start is Node's and the protocol's. Its arguments name them; it prints their ports as `name:port,name:port`.
import { Instances } from "../lib/plugin/instances.ts";
import { endAfter, whenParentIsGone } from "../lib/plugin/process.ts";

type AnyInstances = Pick<Instances<never>, "listen" | "close" | "connections">;

/** How often an orphan looks whether an engine still needs it. In milliseconds. */
const LOOK_MS = 200;

/** Loaded by need: an official plugin's provider is the engine's own matter. */
const providers: Readonly<Record<string, () => Promise<AnyInstances>>> = {
  tandem: async () => new Instances((await import("./provider.ts")).tandemProvider),
  random: async () =>
    new Instances((await import("../toolchain/providers/random/provider.ts")).randomProvider),
  postgresql: async () =>
    new Instances((await import("../toolchain/providers/postgresql/provider.ts")).postgresqlProvider),
};

async function start(names: readonly string[]): Promise<void> {
  const served = await Promise.all(
    names.map(async (name) => {
      const make = providers[name];
      if (make === undefined) throw new Error(`no provider of this package is called ${name}`);
      const instances = await make();
      return { name, instances, port: await instances.listen() };
    }),
  );
  const end = () => endAfter(Promise.all(served.map(({ instances }) => instances.close())));
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, end);
  // An engine that outlives the command goes on to its end, and so does this. Nothing is cancelled then: what a handler
  // does about that would meet the run that comes after the dead one.
  const needed = () => served.some(({ instances }) => instances.connections > 0);
  whenParentIsGone(() => {
    const timer = setInterval(() => {
      if (needed()) return;
      clearInterval(timer);
      end();
    }, LOOK_MS);
  });
  process.stdout.write(`${served.map(({ name, port }) => `${name}:${port}`).join(",")}\n`);
}

void start(process.argv.slice(2));
