// The example app's image: built from examples/app, and only when something that it is made from has changed.
import { execFileSync } from "node:child_process";
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { isInstalled, packageRoot } from "../paths.ts";
import type { Say, SetupContext } from "../step.ts";
import { appFolder, appReference, REVISION_FILE, referenceOf } from "./catalog.ts";
import { buildImage } from "./engine.ts";
import { sourceHashLabel } from "./labels.ts";
import { proxyVariables } from "./mirror.ts";
import { registryAccess } from "./npm.ts";
import { filesUnder, sourceHash } from "./source-hash.ts";

/** Everything that the app's Dockerfile copies, and the Dockerfile. */
const inputs = [
  "Dockerfile",
  "build.mjs",
  "migrations",
  "package-lock.json",
  "package.json",
  "src",
  "tsconfig.json",
];

function inputFiles(): string[] {
  return filesUnder(appFolder, inputs).filter((file) => !file.endsWith(".test.ts"));
}

/**
 * The last commit that changed what the image is made from, with `-dirty` when the work tree differs from it; `unknown`
 * outside git. Other commits leave it alone, so they don't cause a deploy. The installed package says it in a file.
 */
export function appRevision(): string {
  if (isInstalled) return readFileSync(join(packageRoot, REVISION_FILE), "utf8").trim();
  const git = (...args: string[]) =>
    execFileSync("git", ["-C", appFolder, ...args], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
  const paths = ["--", ...inputs, ":(exclude)**/*.test.ts"];
  try {
    const commit = git("log", "-1", "--format=%H", ...paths).trim();
    if (commit === "") return "unknown";
    return git("status", "--porcelain", ...paths).trim() === "" ? commit : `${commit}-dirty`;
  } catch {
    return "unknown";
  }
}

/** Hash of what the image is made from; the base counts by its reference. */
export function appHash(revision: string): string {
  return sourceHash(appFolder, inputFiles(), [referenceOf("node"), revision]);
}

/** Builds the image; the Node base must be there. @throws when the build fails */
export async function buildApp(engine: SetupContext, say: Say): Promise<void> {
  const revision = appRevision();
  const { version } = JSON.parse(readFileSync(join(appFolder, "package.json"), "utf8")) as {
    version: string;
  };
  mkdirSync(engine.paths.cache, { recursive: true });
  const context = mkdtempSync(join(engine.paths.cache, "image-app-"));
  try {
    for (const file of inputFiles()) {
      mkdirSync(dirname(join(context, file)), { recursive: true });
      cpSync(join(appFolder, file), join(context, file));
    }
    const { registry, certificates } = await registryAccess(engine.env);
    // The name that the Dockerfile looks for; only its build stage gets it.
    if (certificates !== undefined) copyFileSync(certificates, join(context, "extra-ca.crt"));
    await buildImage(
      engine,
      {
        folder: context,
        reference: appReference(),
        buildArgs: {
          BASE: referenceOf("node"),
          REVISION: revision,
          ...(registry === undefined ? {} : { NPM_CONFIG_REGISTRY: registry }),
          ...(certificates === undefined ? {} : { NODE_EXTRA_CA_CERTS: "/app/extra-ca.crt" }),
          ...proxyVariables(engine.env),
        },
        labels: {
          "org.opencontainers.image.title": "tandem-example",
          "org.opencontainers.image.version": version,
          "org.opencontainers.image.revision": revision,
          [sourceHashLabel]: appHash(revision),
        },
      },
      say,
    );
  } finally {
    rmSync(context, { recursive: true, force: true });
  }
}
