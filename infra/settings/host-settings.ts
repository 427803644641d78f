// The settings of the Docker host, and of how data on it is treated; every system has these.
import { setting, type ValuesOf } from "./define.ts";
import { type Issue, remove, set } from "./issue.ts";
import { dockerHost } from "./network.ts";
import { given, incomplete, missing } from "./rule.ts";
import { choice, flag } from "./scalars.ts";
import type { ServerValues } from "./server-settings.ts";
import { list } from "./structures.ts";

/** `roles` are those that hold data. */
export function hostSettings(...roles: [string, ...string[]]) {
  return {
    dockerHost: setting(dockerHost(), {
      description: "Docker host, unix:///path or ssh://user@host[:port]; this machine's own if empty.",
      optional: true,
    }),
    protectData: setting(flag(), {
      description: "Refuse to delete volumes, databases and servers.",
      default: true,
    }),
    releaseData: setting(list(choice(...roles)), {
      description: `Roles whose data may be destroyed or replaced by the next update: ${roles.join(", ")}.`,
      default: [],
    }),
  };
}

type Values = Partial<ValuesOf<ReturnType<typeof hostSettings>>> & ServerValues;

/** What must hold between them and the servers'. */
export function hostRules(values: Values): Issue[] {
  const managed = values.databaseServer?.kind === "managed";
  const remote = !managed && (values.dockerHost?.startsWith("ssh://") ?? false);
  if (remote && missing("postgresForwardPort", values)) {
    const reason = "is needed with an ssh:// dockerHost, to reach its Postgres server from here";
    const example = String((values.postgresPort ?? 15_100) + 1000);
    return [incomplete("postgresForwardPort", reason, [set(example, ["postgresForwardPort"])])];
  }
  if (!remote && "dockerHost" in values && given("postgresForwardPort", values)) {
    const reason = managed
      ? "has no use with a managed server, which this machine reaches itself"
      : "has no use without an ssh:// dockerHost";
    const fix = [remove(["postgresForwardPort"])];
    return [{ problem: "unused", path: ["postgresForwardPort"], reason, fix, severity: "warning" }];
  }
  return [];
}
