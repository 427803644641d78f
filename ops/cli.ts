// `tandem`: finds the command that is named and runs it. Each has a file in ops/commands/, with its flags and what it does;
// only that one is loaded, and all of them for `--help`.
import { readdirSync } from "node:fs";
import { enableCompileCache } from "node:module";
import { join } from "node:path";
import { resolvePaths } from "../setup/paths.ts";
import type { AddCommand } from "./commands/command-line.ts";
import { endWith } from "./engine/tell-error.ts";

enableCompileCache(process.env.NODE_COMPILE_CACHE || resolvePaths().compileCache);
const { Command } = await import("commander");

/** Options that stand before the command. */
interface GlobalOptions {
  project?: string;
  system?: string;
}

/** The order of `--help`; commands that aren't named here come after, by name. */
const ORDER = (
  "up preview drift down rollback promote prune seed end-queries history status logs exec run dump psql redis-cli config connect init " +
  "new import workflows setup env ci test parity report verify checklist performance cost"
).split(" ");

/** Names of the files beside which no test and no declaration counts, in the order of `--help`. */
const names = readdirSync(join(import.meta.dirname, "commands"))
  .flatMap((file) => /^([a-z-]+)\.[jt]s$/.exec(file)?.[1] ?? [])
  .toSorted((a, b) => placeOf(a) - placeOf(b) || (a < b ? -1 : 1));

function placeOf(name: string): number {
  const place = ORDER.indexOf(name);
  return place === -1 ? ORDER.length : place;
}

const systemOption = [
  "--system <name>",
  "system to work on (default: where you are, else the only one)",
] as const;

/** `tandem` with the options that stand before the command. */
function withoutCommands() {
  return (
    new Command("tandem")
      .option("--project <dir>", "folder with the Pulumi.yaml to work on")
      .option(...systemOption)
      // Wrong usage is told apart from a command that failed.
      .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
  );
}

/** Folder of the system that `--system` names. */
let chosen: string | undefined;
const program = withoutCommands()
  .hook("preAction", async (_, command) => {
    const { system } = command.optsWithGlobals<GlobalOptions>();
    if (system !== undefined) chosen = (await import("./engine/systems.ts")).systemFolder(system);
  })
  .description("Staging and production side by side, from one Pulumi topology.")
  // Flags after the command belong to the command: `preview` hands some to the engine.
  .enablePositionalOptions()
  .helpCommand(false)
  .addHelpText(
    "after",
    "\nExit codes: 0 done, 1 failed, 2 wrong settings or usage; from the engine 4 a resource failed,\n" +
      "5 a policy forbids it, 7 changes where none were expected; 130 interrupted.",
  );

/** The options of a command together with those before it; a system becomes its project's folder. */
function merged<T extends object>(options: T): T & GlobalOptions {
  const all: T & GlobalOptions = { ...program.opts<GlobalOptions>(), ...options };
  return chosen === undefined ? all : { ...all, project: chosen };
}

/** The commands of these files; one without a command is a part of others. */
async function addCommands(files: readonly string[]): Promise<void> {
  const modules = files.map((name) => import(`./commands/${name}.ts`) as Promise<{ command?: AddCommand }>);
  for (const { command } of await Promise.all(modules)) command?.(program, merged);
  // Before or after the command's name: `tandem up --system lugh staging`.
  for (const command of program.commands.flatMap((one) => [one, ...one.commands]))
    command.option(...systemOption);
}

// What no command waits for, such as a pipe that nobody reads any more.
process.on("uncaughtException", (error) => process.exit(endWith(error)));
try {
  const [word] = withoutCommands().passThroughOptions().parseOptions(process.argv.slice(2)).operands;
  await addCommands(names.filter((name) => name === word));
  // A mistyped one is told which there are.
  if (program.commands.length === 0) await addCommands(names);
  await program.parseAsync();
} catch (error) {
  endWith(error);
}
