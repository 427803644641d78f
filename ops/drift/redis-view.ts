// What was done by hand to the users of the environment's own Redis servers. No user of ours may ask the server for its
// list, so the file is read from which it makes it.
import type Docker from "dockerode";
import { aclFile } from "../../components/redis-acl.ts";
import { getFile, inspect } from "../../provider/containers.ts";
import type { Finding } from "./finding.ts";
import type { Place } from "./place.ts";

const FLAG = "--aclfile";

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

function compare(found: string, server: string): Finding[] {
  const rules = rulesOf(found);
  const ours = [...rules.keys()].filter((name) => name !== "default" && name !== "health");
  const wanted = rulesOf(aclFile(ours.includes("app") ? "app" : (ours[0] ?? "app"), ""));
  const mend = `the file comes back with a new container: docker rm -f ${server}, then tandem drift --fix`;
  return [...new Set([...rules.keys(), ...wanted.keys()])].flatMap((name): Finding[] => {
    const [is, was] = [rules.get(name), wanted.get(name)];
    if (is === was) return [];
    const text =
      was === undefined ? "is not one of the program's" : is === undefined ? "is gone" : "has other rights";
    return [{ subject: `Redis user ${name} of ${server}`, text, mending: "person", mend }];
  });
}

/** Looks into the stack's own Redis servers. */
export async function allRedisFindings(docker: Docker, place: Place): Promise<Finding[]> {
  const findings = await Promise.all(
    place.of("container").map(async ({ id, inputs }): Promise<Finding[]> => {
      const command = Array.isArray(inputs?.command) ? inputs.command.map(String) : [];
      const path = command[command.indexOf(FLAG) + 1];
      if (id === undefined || command[0] !== "redis-server" || !command.includes(FLAG) || path === undefined)
        return [];
      const facts = await inspect(docker, id);
      if (facts === undefined) return [];
      const server = facts.Name.replace(/^\//, "");
      const found = await getFile(docker, id, path);
      if (found !== undefined) return compare(found, server);
      return [
        {
          subject: `container ${server}`,
          text: "has no file of its users",
          mending: "person",
          mend: `docker rm -f ${server}, then tandem drift --fix`,
        },
      ];
    }),
  );
  return findings.flat();
}
