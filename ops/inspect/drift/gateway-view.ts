// What a gateway serves and no state knows: routes put into its configuration by hand, its own files changed, or a
// configuration in force that is not the one in its files.
import { posix } from "node:path";
import { text } from "node:stream/consumers";
import type Docker from "dockerode";
import { extract } from "tar-stream";
import { filesVersion, gatewayFiles } from "../../../components/gateway-config.ts";
import { exec } from "../../../provider/docker/containers.ts";
import {
  configHash,
  type RouteConfig,
  type RouteFiles,
  renderRoute,
  UPSTREAMS_DIR,
} from "../../../provider/gateway/route-config.ts";
import { readRoute } from "../../../provider/gateway/route-files.ts";
import { routeOf } from "../../../provider/gateway/route-ownership.ts";
import { output, type Place } from "../../engine/place.ts";
import type { StateResource } from "../../engine/state/backend.ts";
import type { Finding } from "./finding.ts";

const CONFIG = posix.dirname(UPSTREAMS_DIR);
const ROUTES = /^routes\/(.+)\.caddy$/;
const UPSTREAM = /^upstreams\/(.+?)\.[0-9]+(\.stream)?$/;
/** As the gateway's own scripts make it. */
const IN_FORCE = "cat /config/Caddyfile /config/routes/*.caddy 2>/dev/null | sha256sum; cat /tmp/loaded";

async function filesOf(docker: Docker, id: string): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  const archive = await docker.getContainer(id).getArchive({ path: "/config" });
  for await (const entry of archive.pipe(extract())) {
    const content = await text(entry);
    if (entry.header.type === "file") files.set(entry.header.name.replace(/^config\//, ""), content);
  }
  return files;
}

async function gatewayFindings(docker: Docker, gateway: string, place: Place): Promise<Finding[]> {
  const facts = await docker.getContainer(gateway).inspect();
  if (!facts.State.Running || facts.State.Paused) return [];
  const subject = `gateway ${facts.Name.replace(/^\//, "")}`;
  const routes = place.of("route").filter((route) => output(route, "gatewayId") === gateway);
  const known = new Set(routes.map((route) => output(route, "routeName")));
  const files = await filesOf(docker, gateway);
  const unmanaged = [...files.keys()].flatMap((path) => {
    const name = ROUTES.exec(path)?.[1] ?? UPSTREAM.exec(path)?.[1];
    return name === undefined || known.has(routeOf(name)) ? [] : [`/config/${path}`];
  });
  const fix = (path: string) =>
    `find out who uses it; docker exec -u 0 ${facts.Name.replace(/^\//, "")} sh -c 'rm ${posix.normalize(path)} && sh ${CONFIG}/reload.sh'`;
  const changed = await Promise.all(
    routes.map(async (route): Promise<Finding[]> => {
      const name = output(route, "routeName");
      const found = await readRoute(docker, gateway, name);
      return found === undefined || configHash(found) === output(route, "configHash")
        ? []
        : changedFiles(route, found).map((file) => {
            return { subject: `route ${name}`, text: `${file} was changed by hand`, gravity: "safe" };
          });
    }),
  );
  const { stdout } = await exec(docker, gateway, ["sh", "-c", IN_FORCE]);
  const [inFiles, inForce] = stdout.trim().split("\n");
  const name = facts.Name.replace(/^\//, "");
  const alone = (text: string, way: string): Finding => ({ subject, text, gravity: "person", fix: way });
  const own = isOwn(files, facts.Config.Labels);
  const told = !own || unmanaged.length > 0 || changed.flat().length > 0;
  return [
    ...unmanaged.map((path) => alone(`has a route that no state knows: ${path}`, fix(path))),
    ...changed.flat(),
    ...(own
      ? []
      : [
          {
            subject: `container ${name}`,
            text: "its own configuration was changed",
            gravity: "safe" as const,
          },
        ]),
    // A route that was changed is fixed with its reload.
    ...(told || inFiles === inForce
      ? []
      : [
          alone(
            "its files are not what is in force",
            `read them, then docker exec -u 0 ${name} sh ${CONFIG}/reload.sh`,
          ),
        ]),
  ];
}

/** Which of a route's files are not as its resource made them. */
function changedFiles(route: StateResource, found: RouteFiles): string[] {
  const name = output(route, "routeName");
  const { upstreams } = renderRoute(route.outputs as unknown as RouteConfig);
  const files = [...new Set([...Object.keys(upstreams), ...Object.keys(found.upstreams)])].sort();
  // The site may hold a password's hash, which is secret in the state: only the fingerprint of all of it can be compared.
  const isSite = configHash({ site: found.site, upstreams }) !== output(route, "configHash");
  return [
    ...(isSite ? [`${CONFIG}/routes/${name}.caddy`] : []),
    ...files
      .filter((file) => upstreams[file] !== found.upstreams[file])
      .map((file) => `${UPSTREAMS_DIR}/${file}`),
  ];
}

/** Are the gateway's own files as it was made with them? Its label holds their fingerprint. */
function isOwn(files: ReadonlyMap<string, string>, labels: Readonly<Record<string, string>>): boolean {
  const own = Object.keys(gatewayFiles({})).map((path) => [
    path,
    files.get(path.replace("/config/", "")) ?? "",
  ]);
  return filesVersion(Object.fromEntries(own) as Record<string, string>) === labels["tandem.files"];
}

/** Looks into the stack's gateways. */
export async function allGatewayFindings(docker: Docker, place: Place): Promise<Finding[]> {
  const gateways = new Set(place.of("route").map((route) => output(route, "gatewayId")));
  const findings = await Promise.all(
    [...gateways].map(async (gateway) => {
      try {
        return await gatewayFindings(docker, gateway, place);
      } catch (error) {
        // It is gone: that is the engine's finding.
        if ((error as { statusCode?: number }).statusCode === 404) return [];
        throw error;
      }
    }),
  );
  return findings.flat();
}
