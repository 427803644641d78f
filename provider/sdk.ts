// The program's side of the tandem provider: one typed class per resource that provider/ implements.
import * as pulumi from "@pulumi/pulumi";
import type { GuardedServer } from "./postgres/server-image.ts";

export * from "./cloudflare/sdk.ts";
export * from "./docker/sdk.ts";
export * from "./dumps/sdk.ts";
export * from "./gateway/sdk.ts";
export * from "./postgres/sdk.ts";

/** Where the Docker API answers, and how to log in to Cloudflare. */
export interface TandemProviderArgs {
  /** Docker host: `unix:///var/run/docker.sock` or `ssh://user@host[:port]`. @default the local socket */
  dockerHost?: pulumi.Input<string>;
  /** API token for Cloudflare (secret), for `IngressRule`. @default `CLOUDFLARE_API_TOKEN` */
  cloudflareApiToken?: pulumi.Input<string>;
}

/**
 * Provider for what the Docker provider can't express: resolving an image at preview time, starting a container with
 * a pid limit and a health gate, one-shot migrations, gateway routes, guards on data.
 */
export class TandemProvider extends pulumi.ProviderResource {
  constructor(name: string, args: TandemProviderArgs, opts?: pulumi.ResourceOptions) {
    const { dockerHost, cloudflareApiToken: token } = args;
    super(
      "tandem",
      name,
      // What isn't set isn't named: the provider's settings in the state stay as they were.
      { dockerHost, ...(token === undefined ? {} : { cloudflareApiToken: pulumi.secret(token) }) },
      opts,
    );
  }
}

export interface DataGuardArgs {
  /** What is guarded, in words: `volume oracle_staging_pgdata`. */
  subject: pulumi.Input<string>;
  /** What the data hangs on (name, driver, encoding …): a change of it would leave the data behind. */
  identity: pulumi.Input<Record<string, pulumi.Input<string>>>;
  /** Whether the stack's config releases this data. */
  released: pulumi.Input<boolean>;
  /** The command that releases it, for the message. */
  releaseWith: pulumi.Input<string>;
  /** The server that reads it: an image that can't is refused. @default none */
  server?: pulumi.Input<
    Pick<GuardedServer, "kind" | "container" | "volume" | "folder"> &
      Record<"image" | "user", pulumi.Input<string>> & { settings?: pulumi.Input<Record<string, string>> }
  >;
}

/** Refuses, at preview time, a change that would put an empty place where data is now, or a server that can't read it. */
export class DataGuard extends pulumi.CustomResource {
  constructor(name: string, args: DataGuardArgs, opts?: pulumi.CustomResourceOptions) {
    super("tandem:data:Guard", name, { ...args }, opts);
  }
}
