// Step: the Pulumi CLI. The machine's own where it fits, else the official release, else built from its Go module.
import { copyFileSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pinnedSum } from "../checksums.ts";
import { download, releases } from "../download.ts";
import { installedEngine, installedEngineDirectory, machineEngine, originFile } from "../engine-location.ts";
import { goBuild, goObstacle } from "../go-build.ts";
import { run } from "../run.ts";
import { hashOf, hashOfFiles, readStamp, writeStamp } from "../stamps.ts";
import type { Say, SetupContext, Step } from "../step.ts";
import { engineVersion } from "../versions.ts";

/** What would do without Go. */
const otherwise = ", or bring the official Pulumi CLI";
const folder = "standins/engine";
const versionVariable = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version";

/** File name of the official release for this machine. */
export function releaseArchive(): string {
  const system = process.platform === "darwin" ? "darwin" : "linux";
  return `pulumi-v${engineVersion()}-${system}-${process.arch === "arm64" ? "arm64" : "x64"}.tar.gz`;
}

/** The address whose answer tells whether official downloads can be reached. */
export function probeAddress(): string {
  return `${releases}/${releaseArchive()}`;
}

function stampFile(context: SetupContext): string {
  return join(context.paths.stamps, "engine");
}

function buildKey(): string {
  return hashOf(engineVersion(), hashOfFiles([`${folder}/go.mod`, `${folder}/go.sum`]));
}

async function downloadRelease(context: SetupContext, say: Say): Promise<void> {
  const archive = releaseArchive();
  const sum = pinnedSum(archive);
  if (sum === undefined) throw new Error(`no checksum of ${archive} is known`);
  const directory = installedEngineDirectory(context.paths);
  const unpacked = `${directory}.new`;
  rmSync(unpacked, { recursive: true, force: true });
  mkdirSync(unpacked, { recursive: true });
  say(`downloading ${archive}`);
  const file = join(unpacked, archive);
  await download(`${releases}/${archive}`, file, sum, (done, total) => {
    say(`downloading ${archive} (${Math.round(done / 1e6)} of ${total ? Math.round(total / 1e6) : "?"} MB)`);
  });
  say("unpacking");
  const log = join(context.paths.logs, "engine.log");
  await run("tar", ["-xzf", file, "-C", unpacked, "--strip-components=1"], { log });
  rmSync(file);
  writeStamp(join(unpacked, originFile), "download");
  rmSync(directory, { recursive: true, force: true });
  renameSync(unpacked, directory);
}

async function build(context: SetupContext, say: Say): Promise<void> {
  const directory = installedEngineDirectory(context.paths);
  await goBuild(
    {
      folder,
      target: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
      variables: [`${versionVariable}=v${engineVersion()}`],
      output: join(directory, "pulumi"),
      log: "engine.log",
      otherwise,
    },
    context,
    say,
  );
  // The official release ships it beside the CLI too; the engine warns where it finds it elsewhere.
  const dynamic = "pulumi-resource-pulumi-nodejs";
  const sdk = dirname(createRequire(import.meta.url).resolve("@pulumi/pulumi/package.json"));
  copyFileSync(join(sdk, dynamic), join(directory, dynamic));
  writeStamp(join(directory, originFile), "built");
  writeStamp(stampFile(context), buildKey());
}

/** The step. */
export const engine: Step = {
  id: "engine",
  title: "Pulumi CLI",
  async inspect(context) {
    const { found, rejected } = machineEngine(context.paths, context.env);
    if (found !== undefined) {
      return { ready: true, found: `Pulumi CLI ${found.version} of this machine (${found.command})` };
    }
    const passedOver = rejected
      .map(({ command, reason }) => `; ${command} is passed over: ${reason}`)
      .join("");
    const installed = installedEngine(context.paths);
    if (installed?.origin === "download") {
      return { ready: true, found: `Pulumi CLI ${installed.version}, official release${passedOver}` };
    }
    if (installed !== undefined && readStamp(stampFile(context)) === buildKey()) {
      return { ready: true, found: `Pulumi CLI ${installed.version}, built from its Go module${passedOver}` };
    }
    const fix =
      goObstacle(context.env, otherwise) ?? "bring the official release, or build it from its Go module";
    return { ready: false, found: `no Pulumi CLI that fits${passedOver}`, fix };
  },
  async install(context, say) {
    if (await context.online()) {
      try {
        await downloadRelease(context, say);
        return;
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        // A file that differs from its checksum is not a failed download: somebody should look at it.
        if (reason.includes("SHA-256")) throw error;
        say(`the official release can't be had (${reason}): building it instead`);
      }
    }
    await build(context, say);
  },
};
