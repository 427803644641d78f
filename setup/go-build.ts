// Builds a Go program from the modules that the Go proxy serves, checked against its checksum database.
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, renameSync } from "node:fs";
import { dirname, join } from "node:path";
import { findOnPath } from "./executables.ts";
import { packageRoot } from "./paths.ts";
import { run } from "./run.ts";
import type { Say, SetupContext } from "./step.ts";
import { compareVersions } from "./versions.ts";

/** A Go program to build. */
export interface GoProgram {
  /** Folder with go.mod, from this package's root. */
  folder: string;
  /** Package to build: `.` or an import path of a required module. */
  target: string;
  /** Linker's `-X` settings, `name=value`. */
  variables: readonly string[];
  /** Build tags. */
  tags?: string;
  /** Where the executable goes. */
  output: string;
  /** What else would do where Go is missing. @default nothing */
  otherwise?: string;
  /** Name of the log file. */
  log: string;
}

/** From here on a Go tool chain fetches a newer one by itself where go.mod asks for it. */
const oldestGo = "1.21.0";

function requiredGo(folder: string): string {
  const text = readFileSync(join(packageRoot, folder, "go.mod"), "utf8");
  return /^go (\S+)$/m.exec(text)?.[1] ?? oldestGo;
}

/**
 * What stands in the way of building Go programs here; undefined when nothing does.
 *
 * @param otherwise what else would do where Go is missing, such as `, or bring the program`
 */
export function goObstacle(env: SetupContext["env"], otherwise = ""): string | undefined {
  if (findOnPath("go", env).length === 0) {
    return `Go is missing: install Go ${oldestGo} or newer (https://go.dev/dl/)${otherwise}`;
  }
  const version = installedGo(env);
  if (version !== undefined && compareVersions(version, oldestGo) < 0) {
    return `Go ${version} is too old: install Go ${oldestGo} or newer (https://go.dev/dl/)`;
  }
  return undefined;
}

function installedGo(env: SetupContext["env"]): string | undefined {
  const text = execFileSync("go", ["version"], {
    encoding: "utf8",
    env: { ...env, GOTOOLCHAIN: "local" },
    // Not in a folder with a go.mod: that could already ask for a newer tool chain.
    cwd: "/",
  });
  return /go(\d+\.\d+(\.\d+)?)/.exec(text)?.[1];
}

function goVariables(folder: string, env: SetupContext["env"]): Record<string, string> {
  const variables: Record<string, string> = {
    // One set of settings for all programs, so that they share compiled packages; no C compiler needed.
    CGO_ENABLED: "0",
    GOFLAGS: "",
    GOWORK: "off",
  };
  const version = installedGo(env);
  if (version !== undefined && compareVersions(version, requiredGo(folder)) < 0) {
    variables.GOTOOLCHAIN = "auto";
  }
  return variables;
}

/**
 * Downloads what the program needs, then compiles it. Downloads of several programs overlap; compiling takes turns.
 *
 * @throws when Go is missing or too old, or a module can't be had or doesn't compile.
 */
export async function goBuild(program: GoProgram, context: SetupContext, say: Say): Promise<void> {
  const obstacle = goObstacle(context.env, program.otherwise);
  if (obstacle !== undefined) throw new Error(obstacle);
  const options = {
    cwd: join(packageRoot, program.folder),
    env: goVariables(program.folder, context.env),
    log: join(context.paths.logs, program.log),
  };
  const tags = program.tags === undefined ? [] : ["-tags", program.tags];

  // Listing the packages needs their sources: it downloads exactly the modules that the build reads.
  let modules = 0;
  say("downloading Go modules");
  const listed = await run("go", ["list", "-mod=readonly", "-deps", ...tags, program.target], {
    ...options,
    onLine: (line) => {
      if (line.startsWith("go: downloading")) say(`downloading Go modules (${++modules})`);
    },
  });
  const total = listed.split("\n").filter((line) => line !== "" && !line.startsWith("go: ")).length;

  say("waiting for the other compiler run");
  await context.compiling(async () => {
    let compiled = 0;
    say(`compiling ${total} Go packages`);
    const draft = `${program.output}.new`;
    mkdirSync(dirname(program.output), { recursive: true });
    const linker = ["-s", "-w", ...program.variables.map((setting) => `-X ${setting}`)].join(" ");
    await run(
      "go",
      [
        ...["build", "-v", "-mod=readonly", "-trimpath", "-buildvcs=false", ...tags],
        ...["-ldflags", linker, "-o", draft, program.target],
      ],
      { ...options, onLine: () => say(`compiling Go packages (${++compiled} of at most ${total})`) },
    );
    renameSync(draft, program.output);
  });
}
