// Entry point of the process that serves this package's plugins to engines that attach to them: all in one, since most of a
// plugin's start is Node's and the protocol's. Its arguments name them; it prints their ports as `name:port,name:port`.
import type { Attachable } from "../lib/plugin/attachable.ts";
import { attachableProvider } from "../lib/plugin/attachable-provider.ts";
import { endAfter, whenParentIsGone } from "../lib/plugin/process.ts";

/** How often an orphan looks whether an engine still needs it. In milliseconds. */
const LOOK_MS = 200;

/** Loaded by need: an official plugin's provider is the engine's own matter. */
const plugins: Readonly<Record<string, () => Promise<Attachable>>> = {
  tandem: async () => attachableProvider((await import("./provider.ts")).tandemProvider),
  random: async () =>
    attachableProvider((await import("../toolchain/providers/random/provider.ts")).randomProvider),
  postgresql: async () =>
    attachableProvider((await import("../toolchain/providers/postgresql/provider.ts")).postgresqlProvider),
  policies: async () => (await import("../policies/service.ts")).attachablePack(),
};

async function start(names: readonly string[]): Promise<void> {
  const served = await Promise.all(
    names.map(async (name) => {
      const make = plugins[name];
      if (make === undefined) throw new Error(`no plugin of this package is called ${name}`);
      const attachable = await make();
      return { name, attachable, port: await attachable.listen() };
    }),
  );
  const end = () => endAfter(Promise.all(served.map(({ attachable }) => attachable.close())));
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, end);
  // An engine that outlives the command goes on to its end, and so does this. Nothing is cancelled then: what a handler
  // does about that would meet the run that comes after the dead one.
  const needed = () => served.some(({ attachable }) => attachable.connections > 0);
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
