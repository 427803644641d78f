// The program's side of tandem:cloudflare:IngressRule.
import * as pulumi from "@pulumi/pulumi";

export interface IngressRuleArgs {
  /** Cloudflare account. */
  accountId: pulumi.Input<string>;
  /** A tunnel that is configured at Cloudflare. */
  tunnelId: pulumi.Input<string>;
  /** Hostname, in lower case; all of its requests. */
  hostname: pulumi.Input<string>;
  /** Where requests go, as the tunnel's connector reaches it. */
  service: pulumi.Input<string>;
  /** Take a rule over that somebody made for another service. @default false */
  takeOver?: pulumi.Input<boolean>;
  /** Command that allows it, for the error. */
  takeOverWith?: pulumi.Input<string>;
}

/**
 * One hostname's rule in a Cloudflare tunnel that others use too. Their rules are never touched and never change their
 * order; a rule for everything stays last. Importable as `<account_id>/<tunnel_id>/<hostname>`.
 */
export class IngressRule extends pulumi.CustomResource {
  declare readonly hostname: pulumi.Output<string>;
  declare readonly service: pulumi.Output<string>;
  /** Whether requests reach it: no rule before it takes them. */
  declare readonly inForce: pulumi.Output<boolean>;
  /** Version of the tunnel's configuration when it was last written. */
  declare readonly version: pulumi.Output<number>;

  constructor(name: string, args: IngressRuleArgs, opts?: pulumi.CustomResourceOptions) {
    super("tandem:cloudflare:IngressRule", name, { inForce: undefined, version: undefined, ...args }, opts);
  }
}
