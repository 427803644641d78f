// The program's side of what an environment makes on shared servers; the rest of the provider's is in sdk.ts.
import * as pulumi from "@pulumi/pulumi";

export interface EnvironmentAdminArgs {
  /** The shared Postgres container, by name. */
  container: pulumi.Input<string>;
  /** Name of the role. */
  role: pulumi.Input<string>;
  password: pulumi.Input<string>;
  /** Whose it is, `system/environment`; a role of somebody else's is left alone. */
  tenant: pulumi.Input<string>;
}

/** An environment's own administrator on a shared Postgres server: it may make databases and roles. */
export class EnvironmentAdmin extends pulumi.CustomResource {
  constructor(name: string, args: EnvironmentAdminArgs, opts?: pulumi.CustomResourceOptions) {
    const secret = { ...args, password: pulumi.secret(args.password) };
    super("tandem:postgres:EnvironmentAdmin", name, secret, {
      deleteBeforeReplace: true,
      ...opts,
    });
  }
}

export interface SharedExtensionArgs {
  /** The shared Postgres container, by name. */
  container: pulumi.Input<string>;
  database: pulumi.Input<string>;
  /** Name of the extension. */
  extension: pulumi.Input<string>;
}

/** An extension in a database on a shared server, added by the server's administrator. */
export class SharedExtension extends pulumi.CustomResource {
  constructor(name: string, args: SharedExtensionArgs, opts?: pulumi.CustomResourceOptions) {
    super("tandem:postgres:Extension", name, { ...args }, { deleteBeforeReplace: true, ...opts });
  }
}

export interface AclUserArgs {
  /** The shared Redis container, by name. */
  container: pulumi.Input<string>;
  /** Name of the login. */
  user: pulumi.Input<string>;
  /** SHA-256 of its password, in hexadecimal digits. */
  passwordHash: pulumi.Input<string>;
  /** Prefix of its keys, such as `staging:`. */
  prefix: pulumi.Input<string>;
  /** Its rules, as ACL SETUSER takes them. */
  rules: pulumi.Input<pulumi.Input<string>[]>;
  /** Whose it is, `system/environment`; a login or prefix of somebody else's is left alone. */
  tenant: pulumi.Input<string>;
}

/** A login on a shared Redis server that is bound to a key prefix. */
export class AclUser extends pulumi.CustomResource {
  constructor(name: string, args: AclUserArgs, opts?: pulumi.CustomResourceOptions) {
    const secret = { ...args, passwordHash: pulumi.secret(args.passwordHash) };
    super("tandem:redis:AclUser", name, secret, opts);
  }
}

export interface RedisKeysArgs {
  /** The shared Redis container, by name. */
  container: pulumi.Input<string>;
  /** Prefix of the keys. */
  prefix: pulumi.Input<string>;
  /** Whose they are, `system/environment`. */
  tenant: pulumi.Input<string>;
}

/** An environment's keys on a shared Redis server: deleting this deletes them. */
export class RedisKeys extends pulumi.CustomResource {
  constructor(name: string, args: RedisKeysArgs, opts?: pulumi.CustomResourceOptions) {
    super("tandem:redis:Keys", name, { ...args }, opts);
  }
}

export interface SharedUseArgs {
  system: pulumi.Input<string>;
  /** The stack of the shared servers. */
  environment: pulumi.Input<string>;
  /** Networks of the environments that they serve. */
  networks: pulumi.Input<pulumi.Input<string>[]>;
}

/** Refuses to be deleted, and with it all that it depends on, while environments have containers in the networks. */
export class SharedUse extends pulumi.CustomResource {
  constructor(name: string, args: SharedUseArgs, opts?: pulumi.CustomResourceOptions) {
    super("tandem:docker:SharedUse", name, { ...args }, opts);
  }
}
