// The files of a route inside the gateway's container: read, written in one step, removed.
import { posix } from "node:path";
import { buffer, text } from "node:stream/consumers";
import type Docker from "dockerode";
import { extract, pack } from "tar-stream";
import { exec, getFile, isNotFound } from "./containers.ts";
import { type RouteFiles, UPSTREAMS_DIR } from "./route-config.ts";

const CONFIG_DIR = posix.dirname(UPSTREAMS_DIR);
const ROUTES_DIR = `${CONFIG_DIR}/routes`;
const STAGED = "staged";
/** The gateway's own user can't change its configuration. */
const ROOT = "0:0";
/** A file that is renamed into its place is never missing and never half written. */
const PUT_IN_PLACE = `cd ${CONFIG_DIR}/${STAGED} && mv -f "$1" ${ROUTES_DIR}/ && shift && mv -f "$@" ${UPSTREAMS_DIR}/`;

const siteFile = (routeName: string) => `${routeName}.caddy`;

/** What the gateway has of a route; undefined if it has none. */
export async function readRoute(
  docker: Docker,
  gateway: string,
  routeName: string,
): Promise<RouteFiles | undefined> {
  const [site, files] = await Promise.all([
    getFile(docker, gateway, `${ROUTES_DIR}/${siteFile(routeName)}`),
    readFolder(docker, gateway, UPSTREAMS_DIR),
  ]);
  if (site === undefined) return undefined;
  const own = new RegExp(`^${routeName}\\.[0-9]+(\\.stream)?$`);
  return { site, upstreams: Object.fromEntries(Object.entries(files).filter(([name]) => own.test(name))) };
}

async function readFolder(docker: Docker, id: string, path: string): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  try {
    const archive = await docker.getContainer(id).getArchive({ path });
    for await (const entry of archive.pipe(extract())) {
      const content = await text(entry);
      if (entry.header.type === "file") files[posix.basename(entry.header.name)] = content;
    }
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
  return files;
}

/** Writes a route; its addresses are in force at once, its site after the next reload. */
export async function writeRoute(
  docker: Docker,
  gateway: string,
  routeName: string,
  { site, upstreams }: RouteFiles,
): Promise<void> {
  const archive = pack();
  const folders = [ROUTES_DIR, UPSTREAMS_DIR, STAGED].map((path) => posix.basename(path));
  for (const name of folders) archive.entry({ name, type: "directory", mode: 0o755 });
  const files = { [siteFile(routeName)]: site, ...upstreams };
  for (const [name, content] of Object.entries(files)) {
    archive.entry({ name: `${STAGED}/${name}`, mode: 0o444 }, content);
  }
  archive.finalize();
  await docker.getContainer(gateway).putArchive(await buffer(archive), { path: CONFIG_DIR });
  await asRoot(docker, gateway, ["sh", "-c", PUT_IN_PLACE, "sh", ...Object.keys(files)]);
}

/** Removes a route's site; its addresses stay for the requests that still read them. */
export async function removeSite(docker: Docker, gateway: string, routeName: string): Promise<void> {
  await asRoot(docker, gateway, ["rm", "-f", `${ROUTES_DIR}/${siteFile(routeName)}`]);
}

/** Removes files with addresses. */
export async function removeUpstreams(docker: Docker, gateway: string, names: string[]): Promise<void> {
  if (names.length === 0) return;
  await asRoot(docker, gateway, ["rm", "-f", ...names.map((name) => `${UPSTREAMS_DIR}/${name}`)]);
}

async function asRoot(docker: Docker, gateway: string, command: string[]): Promise<void> {
  const { exitCode, output } = await exec(docker, gateway, command, undefined, ROOT);
  if (exitCode !== 0) throw new Error(`The gateway's configuration can't be written: ${output.trim()}`);
}
