// Installs and lists what a program depends on.
import { existsSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import type grpc from "@grpc/grpc-js";
import languagePb from "@pulumi/pulumi/proto/language_pb.js";
import type { Children } from "./children.ts";
import { type PACKAGE_MANAGERS, parseOptions } from "./options.ts";
import { installedPackages, packageRootOf, readManifest } from "./packages.ts";

/** A running `InstallDependencies` call. */
export type InstallCall = grpc.ServerWritableStream<
  languagePb.InstallDependenciesRequest,
  languagePb.InstallDependenciesResponse
>;

type PackageManager = (typeof PACKAGE_MANAGERS)[number];

const LOCK_FILES: Readonly<Record<string, PackageManager>> = {
  "package-lock.json": "npm",
  "yarn.lock": "yarn",
  "pnpm-lock.yaml": "pnpm",
  "bun.lock": "bun",
  "bun.lockb": "bun",
};

/** The package manager that the options name, else the one whose lock file lies there, else npm. */
export function packageManagerOf(info: languagePb.ProgramInfo | undefined): PackageManager {
  const root = packageRootOf(info?.getProgramDirectory() ?? process.cwd());
  const locked = Object.entries(LOCK_FILES).find(([file]) => existsSync(join(root, file)))?.[1];
  return parseOptions(info).packagemanager ?? locked ?? "npm";
}

/** Installs the program's npm packages, with the package manager's output passed on. */
export async function installDependencies(call: InstallCall, children: Children): Promise<void> {
  const info = call.request.getInfo();
  const directory = info?.getProgramDirectory() || call.request.getDirectory();
  const manager = packageManagerOf(info);
  const { child, exited } = children.start(manager, ["install"], {
    cwd: packageRootOf(directory),
    // npm lies beside Node, and Node may not be in the PATH of who called.
    env: { ...process.env, PATH: [dirname(process.execPath), process.env.PATH ?? ""].join(delimiter) },
  });
  call.once("cancelled", () => void children.interrupt(child));
  for (const stream of ["stdout", "stderr"] as const) {
    child[stream]?.on("data", (chunk: Buffer) => {
      const response = new languagePb.InstallDependenciesResponse();
      if (stream === "stdout") response.setStdout(chunk);
      else response.setStderr(chunk);
      call.write(response);
    });
  }
  const { code } = await exited;
  if (code !== 0) throw new Error(`"${manager} install" in ${directory} ended with exit code ${code}`);
  call.end();
}

/** Lists the direct dependencies with their installed versions, or everything that is installed. */
export function listDependencies(directory: string, transitive: boolean): languagePb.DependencyInfo[] {
  const manifest = readManifest(packageRootOf(directory));
  const direct = new Set(Object.keys({ ...manifest?.dependencies, ...manifest?.devDependencies }));
  const listed = new Map<string, languagePb.DependencyInfo>();
  for (const { manifest: found } of installedPackages(directory)) {
    if (!found.name || (!transitive && !direct.has(found.name))) continue;
    const key = transitive ? `${found.name}@${found.version}` : found.name;
    if (listed.has(key)) continue;
    const info = new languagePb.DependencyInfo();
    info.setName(found.name);
    info.setVersion(found.version ?? "");
    listed.set(key, info);
  }
  return [...listed.values()];
}
