// Checks the arguments of a StatefulService that an AppService doesn't have, before anything is registered.
import { owner as ownerCheck, path, port, shown, whole } from "../lib/docker/values.ts";
import { ArgumentChecks } from "./argument-checks.ts";
import { networkName } from "./names.ts";
import { needs, presetOf } from "./preset-values.ts";
import { PRESETS } from "./presets.ts";
import type { StatefulServiceArgs } from "./stateful-service.ts";

/** A name that every server takes without quotes. */
const plainName = (value: unknown) =>
  typeof value === "string" && /^[A-Za-z][A-Za-z0-9_]{0,62}$/.test(value)
    ? undefined
    : `is ${shown(value)}; it must be at most 63 letters, digits and _, and begin with a letter`;

/** Safe in a URL and in any configuration file. The value itself is no part of a message. */
export const password = (value: unknown) =>
  typeof value === "string" && /^[\w.~-]{8,128}$/.test(value)
    ? undefined
    : "must be 8 to 128 letters, digits and . _ ~ -: it stands in URLs and configuration files";

/** @throws pulumi.RunError that names all arguments of its own which are wrong */
export function rejectOwnArgs(name: string, args: StatefulServiceArgs, data: Record<string, string>): void {
  const { preset, login, owner, user } = args;
  const known = Object.keys(PRESETS);
  const checks = new ArgumentChecks("StatefulService", name).add("name", networkName(name));
  if (preset !== undefined && !known.includes(preset))
    checks.add("preset", `is ${shown(preset)}; it must be one of ${known.join(", ")}`);
  else if (preset === undefined) checks.required("port", args.port, port);
  if (login !== undefined && !needs(presetOf(args), "password"))
    checks.add("login", "needs a preset that makes one; give the image its own variables in `secrets`");
  if (args.secretsAs === "env" && presetOf(args)?.secrets !== undefined)
    checks.add("secretsAs", "is 'env', and this preset's commands read its passwords from files");
  if (args.data !== undefined && Object.keys(data).length === 0) checks.add("data", "is empty");
  for (const [role, where] of Object.entries(data))
    checks.required(`data['${role}']`, where, path).name(args.env.name(role));
  checks
    .optional("restorePoints", args.restorePoints, whole(0, 1000))
    .optional("owner", owner, ownerCheck)
    .optional("login.user", login?.user, plainName)
    .optional("login.database", login?.database, plainName)
    .optional("login.password", login?.password, password);
  if (
    owner === undefined &&
    user !== undefined &&
    ownerCheck(user) !== undefined &&
    Object.keys(data).length > 0
  )
    checks.add("owner", "is missing: `user` doesn't say the numbers of who writes the data, as 999:999");
  if (args.dump !== undefined)
    checks.command("dump.command", args.dump?.command).command("dump.restore", args.dump?.restore);
  checks.done();
}
