// The commands of `tandem`. Each loads its own code when it runs: `env` and `--help` stay quick.
import { enableCompileCache } from "node:module";
import { REGISTRY_VARIABLE } from "../lib/registry-question.ts";
import { resolvePaths } from "../setup/paths.ts";
import { lowerPriority } from "./engine/engine-priority.ts";
import { endWith } from "./engine/tell-error.ts";

enableCompileCache(process.env.NODE_COMPILE_CACHE || resolvePaths().compileCache);
const { Command, InvalidArgumentError } = await import("commander");
const { addReportCommands } = await import("./cli-reports.ts");
const { addConfigCommands } = await import("./cli-config.ts");
const { addContainerCommands } = await import("./cli-containers.ts");
const { addSetupCommands } = await import("./cli-setup.ts");

/** Options that stand before the command. */
interface GlobalOptions {
  project?: string;
  system?: string;
}

/** Options of `preview`. */
interface PreviewOptions {
  wait: number;
  report?: boolean;
  html?: boolean;
  json?: boolean;
  approveData?: boolean;
}

function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError("give a whole number, 0 or more");
  return Number(text);
}

const systemOption = [
  "--system <name>",
  "system to work on (default: where you are, else the only one)",
] as const;

/** Commands that start an engine: beside what is served they run at its low priority. */
const WITH_ENGINE = new Set("up preview drift down rollback promote seed parity report".split(" "));

/** Folder of the system that `--system` names. */
let chosen: string | undefined;
const program = new Command("tandem")
  .hook("preAction", async (_, command) => {
    const name = command.name();
    // A promotion, a rollback or a look is about what there is: only `up` and `preview` bring or show what a tag means by now.
    // What else starts engines of its own, as tests do, leaves each to its command.
    if (WITH_ENGINE.has(name) && !["up", "preview"].includes(name))
      process.env[REGISTRY_VARIABLE] ??= "unasked";
    if (WITH_ENGINE.has(name)) lowerPriority(process.pid);
    const { system } = command.optsWithGlobals<GlobalOptions>();
    if (system !== undefined) chosen = (await import("./engine/systems.ts")).systemFolder(system);
  })
  .description("Staging and production side by side, from one Pulumi topology.")
  .option("--project <dir>", "folder with the Pulumi.yaml to work on")
  .option(...systemOption)
  // Flags after the command belong to the command: `preview` hands some to the engine.
  .enablePositionalOptions()
  .helpCommand(false)
  // Wrong usage is told apart from a command that failed.
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
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

const waitOption = ["--wait <seconds>", "wait while another run holds the stack", wholeNumber, 0] as const;
const yesOption = ["--yes", "ask nothing"] as const;

program
  .command("up")
  .description("bring an environment up, or up to date; prepares the machine first")
  .argument("[stack]", "environment", "staging")
  .option(...yesOption)
  .option(...waitOption)
  .action(async (stack: string, options: { wait: number }) => {
    process.exitCode = await (await import("./commands/up.ts")).up(stack, merged(options));
  });

program
  .command("preview")
  .description("show what `up` would change; further flags go to `pulumi preview`, such as --diff")
  .argument("[stack]", "environment (default: staging; with --report: all)")
  .argument("[flags...]", "flags for `pulumi preview`; with --report: further environments")
  .option("--report", "all environments side by side, for a reviewer; as Markdown")
  .option("--html", "with --report: as a page")
  .option("--json", "as a document")
  .option("--approve-data", "with --report: data at risk doesn't fail the command")
  .option(...waitOption)
  .allowUnknownOption()
  .action(async (stack: string | undefined, flags: string[], options: PreviewOptions) => {
    const given = [...(stack === undefined ? [] : [stack]), ...flags];
    const { report, html, json, ...rest } = merged(options);
    if (report) {
      const { previewReport } = await import("./commands/preview-report.ts");
      const format = html ? "html" : json ? "json" : "md";
      process.exitCode = await previewReport(format, { ...rest, stacks: given });
      return;
    }
    // The engine's own flag.
    if (json) given.push("--json");
    // `preview --diff`: a flag first means the default environment.
    const [name, further] =
      stack === undefined || stack.startsWith("-") ? ["staging", given] : [stack, given.slice(1)];
    process.exitCode = await (await import("./commands/preview.ts")).preview(name, further, rest);
  });

program
  .command("drift")
  .description("find what was changed by hand; exits with 0 for nothing, 2 for drift, 1 for an error")
  .argument("[stacks...]", "environments (default: all)")
  .option("--json", "as a document")
  .option("--markdown", "as Markdown, for an issue")
  .option("--fix", "fix what is safe; never touches data")
  .option(...waitOption)
  .action(async (stacks: string[], options: { wait: number; fix?: boolean }) => {
    process.exitCode = await (await import("./commands/drift.ts")).drift({ ...merged(options), stacks });
  });

program
  .command("down")
  .description("remove an environment's containers, network and routes; its data stays")
  .argument("<stack>", "environment")
  .option(...yesOption)
  .option("--confirm <name>", "the environment's name, for production and protected resources")
  .option("--delete-data", "remove its data too")
  .option("--yes-delete-data-of <name>", "the environment's name, to delete its data without a question")
  .option(...waitOption)
  .action(async (stack: string, options: { wait: number }) => {
    process.exitCode = await (await import("./commands/down.ts")).down(stack, merged(options));
  });

program
  .command("rollback")
  .description("go back to a version that served well, by its images; or to a restore point of the database")
  .argument("[stack]", "environment", "staging")
  .option(
    "--to <version>",
    "a version from `tandem history`; the last one that served well without it",
    wholeNumber,
  )
  .option("--database [name]", "restore the database: a restore point, the newest without a name")
  .option("--service <name>", "restore the data of a StatefulService instead")
  .option("--point <name>", "its restore point (default: the newest)")
  .option(...yesOption)
  .option(...waitOption)
  .action(async (stack: string, options: { wait: number }) => {
    process.exitCode = await (await import("./commands/rollback.ts")).rollback(stack, merged(options));
  });

program
  .command("promote")
  .description("bring the very image that one environment serves, proven there, to another")
  .option("--from <stack>", "environment that serves it", "staging")
  .option("--to <stack>", "environment that it goes to", "production")
  .option(...yesOption)
  .option(...waitOption)
  .action(async (options: { from: string; to: string; wait: number }) => {
    process.exitCode = await (await import("./commands/promote.ts")).promote(merged(options));
  });

program
  .command("seed")
  .description("give an environment production's rows, every one masked; what it had is kept")
  .argument("[stack]", "environment", "staging")
  .option("--from <stack>", "environment that the rows come from", "production")
  .option("--init", "only print a definition of what becomes of each column, to begin with")
  .option(...yesOption)
  .option(...waitOption)
  .action(async (stack: string, options: { from: string; wait: number }) => {
    process.exitCode = await (await import("./commands/seed.ts")).seed(stack, merged(options));
  });

program
  .command("end-queries")
  .description("end what an environment runs for too long on its database and its shared Redis server")
  .argument("[stack]", "environment", "staging")
  .option("--over <seconds>", "how long a statement or transaction may take", wholeNumber, 60)
  .option(...yesOption)
  .action(async (stack: string, options: { over: number }) => {
    process.exitCode = await (await import("./commands/end-queries.ts")).endQueries(stack, merged(options));
  });

program
  .command("history")
  .description("show who deployed what, when, and what became of it")
  .argument("[stack]", "environment", "staging")
  .option("--json", "as a JSON document")
  .option("--limit <count>", "how many versions, the newest", wholeNumber, 20)
  .action(async (stack: string, options: { limit: number }) =>
    (await import("./commands/history.ts")).history(stack, merged(options)),
  );

program
  .command("status")
  .description("show what runs in each environment, how it is, and where it answers")
  .option("--json", "as a JSON document")
  .action(async (options: { json?: boolean }) =>
    (await import("./commands/status.ts")).status(merged(options)),
  );

program
  .command("logs")
  .description("show what the containers of an environment wrote")
  .argument("[stack]", "environment", "staging")
  .argument("[service]", "one service, such as app; all without it")
  .option("-f, --follow", "go on with what is written from now on")
  .option("--tail <lines>", "lines of the past, per container", wholeNumber, 100)
  .action(async (stack: string, service: string | undefined, options: { tail: number }) =>
    (await import("./commands/logs.ts")).logs(stack, service, merged(options)),
  );

addContainerCommands(program, { merged, yesOption });
addConfigCommands(program, merged);

program
  .command("connect")
  .description(
    "hold the way to a Docker host on another machine open: while a command runs, else until Ctrl-C",
  )
  .argument("[stack]", "environment", "staging")
  .argument("[command...]", "command to run, such as: pulumi refresh -s staging --preview-only")
  .passThroughOptions()
  .action(async (stack: string, command: string[], options: object) => {
    process.exitCode = await (await import("./commands/connect.ts")).connect(stack, command, merged(options));
  });

addSetupCommands(program);
addReportCommands(program, { merged, waitOption });

// Before or after the command's name: `tandem up --system lugh staging`.
for (const command of program.commands.flatMap((one) => [one, ...one.commands]))
  command.option(...systemOption);

// What no command waits for, such as a pipe that nobody reads any more.
process.on("uncaughtException", (error) => process.exit(endWith(error)));
try {
  await program.parseAsync();
} catch (error) {
  endWith(error);
}
