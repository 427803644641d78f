// What was done by hand to the users of the environment's own Redis servers. No user of ours may ask such a server for its
// list, so the file is read from which it makes it; a shared one has an administrator who may.
import type Docker from "dockerode";
import { aclFile, DEFAULT_USER, redisOpened } from "../../../components/redis-acl.ts";
import { SHARED_STACK } from "../../../infra/settings/define.ts";
import { openedIn } from "../../../lib/docker/opened.ts";
import { getFile, inspect } from "../../../provider/docker/containers.ts";
import { redisCommand } from "../../../provider/redis/redis-cli.ts";
import { isRecord } from "../../../provider/redis/redis-owners.ts";
import { output, type Place } from "../../engine/place.ts";
import type { StateResource } from "../../engine/state/backend.ts";
import type { Finding } from "./finding.ts";

const FLAG = "--aclfile";
/** Users that a shared server itself has. */
const SERVER_USERS = ["default", "admin", "health"];

/** Rules of a file by user, passwords left out. */
function rulesOf(file: string): Map<string, string> {
  return new Map(
    file
      .split("\n")
      .filter((line) => line.startsWith("user "))
      .map((line) => {
        const [, name = "", ...rules] = line.trim().split(/\s+/);
        return [name, rules.map((rule) => (/^[#>]/.test(rule) ? "#" : rule)).join(" ")];
      }),
  );
}

/** No user may tell the server to read its file again; stopped in order, it loses no row, and its start brings the file back. */
const restart = (server: string, place: Place) =>
  `the file comes back with a restart (some seconds without Redis): docker stop ${server} && ${place.command("drift")} --fix`;

function compare(found: string, server: string, place: Place, opened: ReadonlySet<string>): Finding[] {
  const rules = rulesOf(found);
  const ours = [...rules.keys()].filter((name) => name !== DEFAULT_USER && name !== "health");
  // What the topology opened stands in the label of the state's container.
  const { commands, passwordOnly } = redisOpened(opened);
  const login = passwordOnly ? DEFAULT_USER : ours.includes("app") ? "app" : (ours[0] ?? "app");
  const wanted = rulesOf(aclFile(login, "", commands));
  const fix = restart(server, place);
  return [...new Set([...rules.keys(), ...wanted.keys()])].flatMap((name): Finding[] => {
    const [is, was] = [rules.get(name), wanted.get(name)];
    if (is === was) return [];
    const text =
      was === undefined ? "is not one of the program's" : is === undefined ? "is gone" : "has other rights";
    return [{ subject: `Redis user ${name} of ${server}`, text, gravity: "person", fix }];
  });
}

/** Users of a server of the stack `shared` that are neither its own nor named as an environment that it serves. */
async function sharedUsers(docker: Docker, id: string, server: string, place: Place): Promise<Finding[]> {
  const begin = `${place.system}_${place.environment}_`;
  const served = place.of("network").map((network) => output(network, "name").replace(begin, ""));
  const lines = (await redisCommand(docker, id, ["ACL", "LIST"])) as string[];
  return lines.flatMap((line): Finding[] => {
    const [, name = "", ...rules] = line.split(" ");
    const about = (text: string, fix: string): Finding[] => [
      { subject: `Redis user ${name} of ${server}`, text, gravity: "person", fix },
    ];
    if (name === "default" && rules.includes("on")) {
      return about("is let in", `it is shut out again at the server's start: docker restart ${server}`);
    }
    if ([...SERVER_USERS, ...served].includes(name)) return [];
    if (isRecord(name) && rules.includes("off")) return [];
    return about("belongs to no environment", `find out who uses it; ACL DELUSER ${name}, then ACL SAVE`);
  });
}

/** What the labels that the state gives a container say was opened. */
function openedBy(labels: unknown): ReadonlySet<string> {
  const all = (Array.isArray(labels) ? labels : []) as { label?: unknown; value?: unknown }[];
  return openedIn(Object.fromEntries(all.map(({ label, value }) => [String(label), value])));
}

async function findingsOf(docker: Docker, container: StateResource, place: Place): Promise<Finding[]> {
  const { id, inputs } = container;
  const command = Array.isArray(inputs?.command) ? inputs.command.map(String) : [];
  const path = command[command.indexOf(FLAG) + 1];
  const isServer = command.includes("redis-server") && command.includes(FLAG);
  if (id === undefined || !isServer || path === undefined) return [];
  const facts = await inspect(docker, id);
  if (facts === undefined) return [];
  const server = facts.Name.replace(/^\//, "");
  if (place.environment === SHARED_STACK) {
    return facts.State.Running && !facts.State.Paused ? sharedUsers(docker, id, server, place) : [];
  }
  const found = await getFile(docker, id, path);
  if (found !== undefined) return compare(found, server, place, openedBy(inputs?.labels));
  return [
    {
      subject: `container ${server}`,
      text: "has no file of its users",
      gravity: "person",
      fix: restart(server, place),
    },
  ];
}

/** Looks into the stack's own Redis servers. */
export async function allRedisFindings(docker: Docker, place: Place): Promise<Finding[]> {
  const containers = place.of("container");
  return (await Promise.all(containers.map((one) => findingsOf(docker, one, place)))).flat();
}
