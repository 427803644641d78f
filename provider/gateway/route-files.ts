// The files of a route inside the gateway's container: read, written in one step, removed.
import { posix } from "node:path";
import { buffer, text } from "node:stream/consumers";
import type Docker from "dockerode";
import { extract, pack } from "tar-stream";
import { exec, getFile, isNotFound } from "../docker/containers.ts";
import { type RouteFiles, UPSTREAMS_DIR } from "./route-config.ts";
import { type Sites, siteOf } from "./route-ownership.ts";

const CONFIG_DIR = posix.dirname(UPSTREAMS_DIR);
const ROUTES_DIR = `${CONFIG_DIR}/routes`;
const STAGED = "staged";
const SITE = ".caddy";
/** The gateway's own user can't change its configuration. */
const ROOT = "0:0";
/** A file that is renamed into its place is never missing and never half written. */
const PUT_IN_PLACE =
  `cd ${CONFIG_DIR}/${STAGED} && for file in "$@"; do case "$file" in *${SITE}) to=${ROUTES_DIR};; ` +
  `*) to=${UPSTREAMS_DIR};; esac; mv -f "./$file" "$to/" || exit 1; done`;

const siteFile = (name: string) => `${name}${SITE}`;

/** What the gateway has of a route; undefined if it has none. */
export async function readRoute(
  docker: Docker,
  gateway: string,
  routeName: string,
): Promise<RouteFiles | undefined> {
  const [site, upstreams] = await Promise.all([
    getFile(docker, gateway, `${ROUTES_DIR}/${siteFile(routeName)}`),
    readUpstreams(docker, gateway, routeName),
  ]);
  return site === undefined ? undefined : { site: siteOf(site), upstreams };
}

/** The addresses of a route's containers by file, also of one that has no site any more. */
export async function readUpstreams(
  docker: Docker,
  gateway: string,
  routeName: string,
): Promise<Record<string, string>> {
  const files = await readAllUpstreams(docker, gateway);
  const own = new RegExp(`^${routeName}\\.[0-9]+(\\.stream)?$`);
  return Object.fromEntries(Object.entries(files).filter(([name]) => own.test(name)));
}

/** All sites of the gateway, each with its owner. */
export async function readSites(docker: Docker, gateway: string): Promise<Sites> {
  const files = Object.entries(await readFolder(docker, gateway, ROUTES_DIR));
  return new Map(
    files.filter(([name]) => name.endsWith(SITE)).map(([name, text]) => [name.slice(0, -SITE.length), text]),
  );
}

/** Addresses behind all routes of a gateway, by the name of the file that holds each. */
export async function readAllUpstreams(docker: Docker, gateway: string): Promise<Record<string, string>> {
  return await readFolder(docker, gateway, UPSTREAMS_DIR);
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

/**
 * Writes sites and addresses. Addresses are in force at once, sites after the next reload.
 *
 * @param sites texts by name; undefined removes one, whose addresses stay for the requests that still read them
 */
export async function writeFiles(
  docker: Docker,
  gateway: string,
  sites: ReadonlyMap<string, string | undefined>,
  upstreams: Record<string, string>,
): Promise<void> {
  const archive = pack();
  const folders = [ROUTES_DIR, UPSTREAMS_DIR, STAGED].map((path) => posix.basename(path));
  for (const name of folders) archive.entry({ name, type: "directory", mode: 0o755 });
  const texts = [...sites].flatMap(([name, text]) => (text === undefined ? [] : [[siteFile(name), text]]));
  const files = { ...upstreams, ...(Object.fromEntries(texts) as Record<string, string>) };
  for (const [name, content] of Object.entries(files)) {
    archive.entry({ name: `${STAGED}/${name}`, mode: 0o444 }, content);
  }
  archive.finalize();
  if (Object.keys(files).length > 0) {
    await docker.getContainer(gateway).putArchive(await buffer(archive), { path: CONFIG_DIR });
    await asRoot(docker, gateway, ["sh", "-c", PUT_IN_PLACE, "sh", ...Object.keys(files)]);
  }
  const gone = [...sites].filter(([, text]) => text === undefined).map(([name]) => siteFile(name));
  if (gone.length > 0)
    await asRoot(docker, gateway, ["rm", "-f", "--", ...gone.map((name) => `${ROUTES_DIR}/${name}`)]);
}

/** Removes files with addresses. */
export async function removeUpstreams(docker: Docker, gateway: string, names: string[]): Promise<void> {
  if (names.length === 0) return;
  await asRoot(docker, gateway, ["rm", "-f", "--", ...names.map((name) => `${UPSTREAMS_DIR}/${name}`)]);
}

async function asRoot(docker: Docker, gateway: string, command: string[]): Promise<void> {
  const { exitCode, output } = await exec(docker, gateway, command, undefined, ROOT);
  if (exitCode !== 0) throw new Error(`The gateway's configuration can't be written: ${output.trim()}`);
}
