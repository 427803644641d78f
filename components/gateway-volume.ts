// What lies in a gateway's volume, where the addresses of proxies come from outputs as well.
import * as pulumi from "@pulumi/pulumi";
import { hasLater } from "./checked-inputs.ts";
import { clientProblem } from "./gateway-clients.ts";
import { filesVersion, gatewayFiles } from "./gateway-config.ts";
import type { EntryOptions } from "./gateway-entry.ts";

/** Options of which the proxies' addresses may come from outputs. */
type LaterOptions = Omit<EntryOptions, "trustedProxies"> & {
  trustedProxies?: pulumi.Input<string>[] | undefined;
};

/** The files with a version that changes when one of them does; addresses from outputs are checked as soon as they are known. */
export function gatewayVolume(
  component: string,
  { trustedProxies = [], ...options }: LaterOptions,
): { files: Record<string, pulumi.Input<string>>; filesVersion: pulumi.Input<string> } {
  const filesFor = (proxies: string[]) => gatewayFiles({ ...options, trustedProxies: proxies });
  if (!hasLater(trustedProxies)) {
    const files = filesFor(trustedProxies as string[]);
    return { files, filesVersion: filesVersion(files) };
  }
  const later = pulumi.output(trustedProxies).apply((known) => {
    const problem = clientProblem({ trustedProxies: known });
    if (problem !== undefined) throw new pulumi.RunError(`${component}: ${problem}`);
    return filesFor(known);
  });
  const paths = Object.keys(filesFor([]));
  const files = Object.fromEntries(paths.map((path) => [path, later.apply((all) => all[path] ?? "")]));
  return { files, filesVersion: later.apply(filesVersion) };
}
