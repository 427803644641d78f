// Entry point of the process that serves this package's plugins to engines that attach to them: all in one, since most of a
// plugin's start is Node's and the protocol's. Its arguments name them; it prints their ports as `name:port,name:port`, and
// serves the engines whose process numbers come on its standard input, one a line.
import { createInterface } from "node:readline";
import type { Attachable } from "../../../plugin/attachable.ts";
import { attachableProvider } from "../../../plugin/attachable-provider.ts";
import { canTellCallers, Engines } from "../../../plugin/callers.ts";
import { endAfter } from "../../../plugin/process.ts";

/** How often it looks. */
const LOOK_MS = 200;

type Make = (onLost: () => void) => Promise<Attachable>;

/** Loaded by need: an official plugin's provider is the engine's own matter. */
const plugins: Readonly<Record<string, Make>> = {
  tandem: async (onLost) =>
    attachableProvider((await import("../../../provider/provider.ts")).tandemProvider, onLost),
  random: async (onLost) =>
    attachableProvider(
      (await import("../../../standins/providers/random/provider.ts")).randomProvider,
      onLost,
    ),
  postgresql: async (onLost) =>
    attachableProvider(
      (await import("../../../standins/providers/postgresql/provider.ts")).postgresqlProvider,
      onLost,
    ),
  // A judgement that nobody waits for any more does nothing.
  policies: async () => (await import("../../../policies/service.ts")).attachablePack(),
};

async function start(names: readonly string[]): Promise<void> {
  if (!(await canTellCallers())) throw new Error("this machine doesn't tell who calls");
  const engines = new Engines();
  const served: Attachable[] = [];
  const needed = () => served.some(({ connections }) => connections > 0);
  const end = () => endAfter(Promise.all(served.map((attachable) => attachable.close())));
  let orphaned = false;
  let lost = false;
  setInterval(() => {
    const alive = engines.alive;
    // What a dead engine left under way must not meet the next run: it ends with this process, as soon as no other engine
    // needs that. Nothing is cancelled then, since what a handler does about it would do just so.
    if (needed()) return;
    if (lost || (orphaned && !alive)) end();
    else for (const attachable of served) attachable.forget((caller) => engines.serves(caller));
  }, LOOK_MS).unref();
  const onLost = () => {
    lost = true;
    if (!needed()) end();
  };
  const ports = await Promise.all(
    names.map(async (name) => {
      const make = plugins[name];
      if (make === undefined) throw new Error(`no plugin of this package is called ${name}`);
      const attachable = await make(onLost);
      served.push(attachable);
      return `${name}:${await attachable.listen(engines.check)}`;
    }),
  );
  for (const signal of ["SIGINT", "SIGTERM"]) {
    process.on(signal, () => {
      for (const attachable of served) attachable.abort();
      end();
    });
  }
  const words = createInterface({ input: process.stdin });
  words.on("line", (line) => engines.add(Number(line)));
  // The command is gone. An engine that outlives it goes on to its end, and so does this.
  words.once("close", () => {
    orphaned = true;
  });
  process.stdout.write(`${ports.join(",")}\n`);
}

/** Where it broke, and not what about: a message may hold what the engine would have blotted out. */
function tell(error: unknown): void {
  const stack = error instanceof Error ? (error.stack ?? "") : "";
  const frames = stack.split("\n").filter((line) => /^\s+at /.test(line));
  process.stderr.write(
    `tandem-plugins: ${error instanceof Error ? error.name : "error"}\n${frames.join("\n")}\n`,
  );
}

// One call's broken promise is no reason to end all others.
process.on("unhandledRejection", tell);
// Whoever started it is gone already.
process.stdout.on("error", () => process.exit(0));
start(process.argv.slice(2)).catch((error: unknown) => {
  tell(error);
  process.exit(1);
});
