// tandem:redis:AclUser: a login on a shared Redis server that is bound to a key prefix.
import type Docker from "dockerode";
import type { CallContext, ResourceHandler } from "../../plugin/handler.ts";
import { type Properties, sameValue } from "../../plugin/values.ts";
import { inspect } from "../docker/containers.ts";
import type { DockerHost } from "../docker/docker-host.ts";
import { redisCommand, settleAdmin } from "./redis-cli.ts";
import { prefixFailures } from "./redis-keys.ts";
import { claim, isRecord, type Owned, ownerIn, release } from "./redis-owners.ts";

type Context = CallContext<DockerHost>;

interface Inputs {
  container: string;
  user: string;
  /** SHA-256 of the password, in hexadecimal digits. */
  passwordHash: string;
  prefix: string;
  /** As ACL SETUSER takes them. */
  rules: string[];
  /** Whose it is, `system/environment`. */
  tenant: string;
}

/** Users that the server itself has. */
const RESERVED = ["default", "admin", "health"];

/** The user as ACL LIST shows it, its password hashes apart; undefined if there is none. */
async function look(docker: Docker, { container, user }: Pick<Inputs, "container" | "user">) {
  const lines = (await redisCommand(docker, container, ["ACL", "LIST"])) as string[];
  const line = lines.find((each) => each.startsWith(`user ${user} `));
  if (line === undefined) return undefined;
  const words = line.split(" ").slice(2);
  const hashes = words.filter((word) => word.startsWith("#")).map((word) => word.slice(1));
  return { granted: words.filter((word) => !word.startsWith("#")).join(" "), hashes };
}

async function settle(inputs: Inputs, ctx: Context): Promise<Properties> {
  const docker = await ctx.client.docker();
  const { container, user, passwordHash, rules, prefix, tenant } = inputs;
  await settleAdmin(docker, container);
  await refuseOverlap(docker, inputs);
  await claim(docker, container, [loginOf(inputs), { kind: "keys", name: prefix }], tenant);
  // In one step: no client sees the user without its limits.
  const words = ["reset", "on", `#${passwordHash}`, ...rules];
  await redisCommand(docker, container, ["ACL", "SETUSER", user, ...words]);
  // Without it the user would be gone after a restart.
  await redisCommand(docker, container, ["ACL", "SAVE"]);
  const made = await look(docker, inputs);
  return { ...inputs, granted: made?.granted ?? "", expected: made?.granted ?? "" };
}

function loginOf({ user }: Pick<Inputs, "user">): Owned {
  return { kind: "login", name: user };
}

/**
 * A login that is there before this stack made it, without a record of whose it is: an earlier version made it, for the
 * same prefix, or it is somebody else's.
 */
async function refuseForeign(docker: Docker, inputs: Inputs): Promise<void> {
  const { container, user, prefix } = inputs;
  const found = await look(docker, inputs);
  if (found === undefined || found.granted.split(" ").includes(`~${prefix}*`)) return;
  const lines = (await redisCommand(docker, container, ["ACL", "LIST"])) as string[];
  if (ownerIn(lines, loginOf(inputs)) !== undefined) return;
  throw new Error(
    `The login '${user}' on ${container} is there already, and not for the keys '${prefix}*'. Give this environment another ` +
      "login; nothing was changed.",
  );
}

/** A prefix that begins like another user's would let one of them at the other's keys. */
async function refuseOverlap(docker: Docker, { container, user, prefix }: Inputs): Promise<void> {
  const lines = (await redisCommand(docker, container, ["ACL", "LIST"])) as string[];
  for (const line of lines) {
    const [, name = "", ...words] = line.split(" ");
    if (name === user || RESERVED.includes(name) || isRecord(name)) continue;
    const patterns = words
      .filter((word) => word.startsWith("~"))
      .map((word) => word.slice(1).replace(/\*$/, ""));
    const other = patterns.find((pattern) => pattern.startsWith(prefix) || prefix.startsWith(pattern));
    if (other === undefined) continue;
    throw new Error(
      `The key prefix '${prefix}' overlaps with '${other}', which belongs to the login '${name}' on ${container}. Give this ` +
        "environment another prefix; nothing was changed.",
    );
  }
}

export const aclUser: ResourceHandler<DockerHost> = {
  secretOutputs: ["passwordHash"],
  check({ news }) {
    const user = String(news.user);
    const failures = [...prefixFailures(news.prefix)];
    if (RESERVED.includes(user) || !/^[A-Za-z0-9][\w.-]*$/.test(user)) {
      failures.push({ property: "user", reason: `'${user}' is no name for a login of an environment.` });
    }
    return { inputs: news, failures };
  },
  diff({ olds, news }) {
    const changes: Record<string, "update" | "update-replace"> = {};
    for (const key of ["container", "user"]) {
      if (!sameValue(olds[key] ?? null, news[key] ?? null)) changes[key] = "update-replace";
    }
    for (const key of ["passwordHash", "prefix", "rules", "tenant"]) {
      if (!sameValue(olds[key] ?? null, news[key] ?? null)) changes[key] = "update";
    }
    if (olds.granted !== olds.expected) changes.granted = "update";
    // The same name can't be made a second time on the same server.
    return { changes, deleteBeforeReplace: true };
  },
  preview({ inputs, olds }) {
    return { ...inputs, ...(olds === undefined ? {} : { granted: olds.expected, expected: olds.expected }) };
  },
  async create({ inputs }, ctx) {
    await refuseForeign(await ctx.client.docker(), inputs as unknown as Inputs);
    return { id: String(inputs.user), outputs: await settle(inputs as unknown as Inputs, ctx) };
  },
  async read({ id, outputs, inputs }, ctx) {
    const found = await look(await ctx.client.docker(), outputs as unknown as Inputs);
    if (found === undefined) return undefined;
    const same = found.hashes.length === 1 && found.hashes[0] === outputs.passwordHash;
    const passwordHash = same ? outputs.passwordHash : found.hashes.join(" ");
    return { id, outputs: { ...outputs, granted: found.granted, passwordHash }, inputs };
  },
  update: ({ inputs }, ctx) => settle(inputs as unknown as Inputs, ctx),
  async delete({ outputs }, ctx) {
    const { container, user } = outputs as unknown as Inputs;
    const docker = await ctx.client.docker();
    if ((await inspect(docker, container)) === undefined) return;
    // Its connections are closed with it.
    await redisCommand(docker, container, ["ACL", "DELUSER", user]);
    await release(docker, container, { kind: "login", name: user });
  },
};
