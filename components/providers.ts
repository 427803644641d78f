// The providers that an environment's resources are made with: its own, or those that a program brings. All of Docker's and
// Tandem's are for one and the same host: a plan for two would put containers on one and look for their health on the other.
import { Provider as DockerProvider } from "@pulumi/docker/provider.js";
import * as pulumi from "@pulumi/pulumi";
import { sharedConnection, sshSettings } from "../lib/ssh.ts";
import { TandemProvider } from "../provider/sdk.ts";
import type { Environment } from "./environment.ts";

/** Providers by package. */
export type Providers = Record<string, pulumi.ProviderResource>;

/** Docker host where none is set. */
export const DEFAULT_DOCKER_HOST = "unix:///var/run/docker.sock";

/** Providers that options bring, in any of the forms that Pulumi takes. */
export function broughtProviders({
  provider,
  providers = {},
}: pulumi.ComponentResourceOptions = {}): Providers {
  const list = Array.isArray(providers) ? providers : Object.values(providers);
  const all = provider === undefined ? list : [...list, provider];
  const packageOf = (one: pulumi.ProviderResource) =>
    (one as unknown as { getPackage(): string }).getPackage();
  return Object.fromEntries(all.map((one) => [packageOf(one), one]));
}

/** Those of an environment: its own or brought ones for its Docker host, and what is brought for other packages. */
export type EnvironmentProviders = Providers & Record<"docker" | "tandem", pulumi.ProviderResource>;

/** What an environment is made with, and its Docker host. */
interface Hosted {
  providers: EnvironmentProviders;
  /** The host, once it is known that all providers are for it; the plain one where they are the environment's own. */
  host: pulumi.Input<string>;
}

/**
 * The providers of an environment. One for Docker may be brought, such as one that logs in to a registry; Tandem's own is always
 * made here.
 *
 * @throws pulumi.RunError where one for Tandem is brought; where the Docker provider turns out to be for another host, the
 * program fails once that is known, before anything is made with either
 */
export function environmentProviders(
  name: string,
  dockerHost: string,
  opts?: pulumi.ComponentResourceOptions,
): Hosted {
  const brought = broughtProviders(opts);
  if (brought.tandem !== undefined) {
    throw new pulumi.RunError(
      `Environment '${name}': it makes its own provider for tandem, and takes none from \`provider\` or \`providers\`. ` +
        "Name the Docker host in `dockerHost`.",
    );
  }
  const host = brought.docker === undefined ? dockerHost : sameHost(name, dockerHost, brought.docker);
  const docker =
    brought.docker ?? new DockerProvider(`${name}-docker`, { host: dockerHost, ...sshOptions(dockerHost) });
  const tandem = new TandemProvider(`${name}-tandem`, { dockerHost: host });
  return { providers: { ...brought, docker, tandem }, host };
}

function sameHost(name: string, dockerHost: string, provider: pulumi.ProviderResource): pulumi.Input<string> {
  const { host, context } = provider as DockerProvider;
  const reject = (wrong: string | undefined) => {
    if (wrong !== undefined)
      throw new pulumi.RunError(`Environment '${name}': the provider for docker that it is given ${wrong}.`);
    return dockerHost;
  };
  const hosts = host.apply((given) => reject(hostProblem(given ?? DEFAULT_DOCKER_HOST, dockerHost)));
  const contexts = context.apply((named) => reject(contextProblem(named)));
  // What a provider isn't given is unknown in a preview, and must not make unknown what is made with it: each is looked at
  // where it is known, and nothing waits for it. An update knows both.
  return pulumi.runtime.isDryRun() ? dockerHost : pulumi.all([hosts, contexts]).apply(() => dockerHost);
}

function contextProblem(context: string | undefined): string | undefined {
  return context === undefined || context === ""
    ? undefined
    : `names the Docker context '${context}', which says no host. Give the provider \`host\``;
}

function hostProblem(given: string, dockerHost: string): string | undefined {
  const plain = (host: string) => host.replace(/\/+$/, "");
  if (plain(given) === plain(dockerHost)) return undefined;
  return (
    `is for ${given}, and the environment for ${dockerHost}: containers would be made on one and started on the other. ` +
    "Name the same host in `dockerHost`, in the same words"
  );
}

/**
 * Options of a component: its environment's providers go with it wherever it stands in a program, and the program's own besides.
 *
 * @throws pulumi.RunError where it is given another provider for Docker or Tandem than its environment
 */
export function componentOptions(
  component: string,
  env: Environment,
  opts: pulumi.ComponentResourceOptions = {},
): pulumi.ComponentResourceOptions {
  const brought = broughtProviders(opts);
  const other = ["docker", "tandem"].find(
    (pkg) => brought[pkg] !== undefined && brought[pkg] !== env.providers[pkg],
  );
  if (other !== undefined) {
    throw new pulumi.RunError(
      `${component}: it is given a provider for ${other} that its environment doesn't have, and what it makes must be on ` +
        "the environment's host. Give a provider for docker to the Environment, and none here.",
    );
  }
  const { provider: _, ...rest } = opts;
  // Below the environment they are there already.
  if (opts.parent === undefined && Object.keys(brought).length === 0) return { ...rest, parent: env };
  return { parent: env, ...rest, providers: { ...env.providers, ...brought } };
}

/**
 * A question for a key's passphrase would hang the run, and a host that isn't known must be an error and not a question.
 * The provider opens a connection for each resource that it works on at a time; `tandem` holds one open that they share.
 */
function sshOptions(dockerHost: string): { sshOpts?: string[] } {
  if (!dockerHost.startsWith("ssh://")) return {};
  return { sshOpts: sshSettings({ ControlPath: sharedConnection(dockerHost) }) };
}
