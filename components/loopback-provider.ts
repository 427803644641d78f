// The provider for what is made on a Postgres server in a container: it goes by the Docker host's loopback interface.
import { Provider } from "@pulumi/postgresql/provider.js";
import type * as pulumi from "@pulumi/pulumi";

/** Who administers a server, and where. */
interface Administration {
  /** Port on this machine. */
  port: number;
  username: string;
  password: pulumi.Input<string>;
  superuser: boolean;
}

/** Makes the provider. */
export function loopbackProvider(
  parent: pulumi.ComponentResource,
  name: string,
  { port, username, password, superuser }: Administration,
): Provider {
  return new Provider(
    `${name}-provider`,
    // Plain values: an unknown host would leave the provider unconfigured at preview.
    { host: "127.0.0.1", port, username, password, sslmode: "disable", superuser, connectTimeout: 30 },
    { parent },
  );
}
