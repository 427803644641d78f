// One login of a database as a client needs it: as a URL, and in parts for what takes none.
import * as pulumi from "@pulumi/pulumi";

/** A login of a database. */
export interface PgLogin {
  /** Host on the environment's network: the server, or the pooler in front of it. */
  readonly host: pulumi.Output<string>;
  /** Port of the host. */
  readonly port: pulumi.Output<number>;
  /** Name of the database. */
  readonly database: string;
  /** Name of the login. */
  readonly user: pulumi.Output<string>;
  /** Its password (secret). */
  readonly password: pulumi.Output<string>;
  /**
   * How the connection must be secured, as libpq's `sslmode`; `disable` for a server in a container of the environment, which
   * has no certificate and is reached on a network of its own. Go's lib/pq and others refuse to connect where it isn't said.
   */
  readonly sslmode: string;
  /** Connection URL (secret), `postgresql://…`. It names `sslmode` only where the server wants more than `disable`. */
  readonly url: pulumi.Output<string>;
  /**
   * The connection URL with further parameters (secret), such as `{ sslmode: login.sslmode }`.
   *
   * @param parameters by name, as the client knows them; one that the URL has already is replaced
   */
  urlWith(parameters: Readonly<Record<string, string>>): pulumi.Output<string>;
  /** URL for Java's drivers (secret), `jdbc:postgresql://…`; it holds the login as well. */
  readonly jdbcUrl: pulumi.Output<string>;
}

/** What a login is made of. */
export interface LoginParts {
  host: pulumi.Input<string>;
  port: pulumi.Input<number>;
  database: string;
  user: pulumi.Input<string>;
  password: pulumi.Input<string>;
  /** How a managed server wants to be reached, and the path of its certificate in the client's container. */
  tls?: { sslmode: string; caPath?: string };
}

/** The login in all its forms. */
export function pgLogin({ host, port, database, user, password, tls }: LoginParts): PgLogin {
  const given = {
    ...(tls === undefined ? {} : { sslmode: tls.sslmode }),
    ...(tls?.caPath === undefined ? {} : { sslrootcert: tls.caPath }),
  };
  const parts = pulumi.secret(pulumi.all([user, password, host, port]));
  const urlWith = (parameters: Readonly<Record<string, string>>) => {
    const query = new URLSearchParams({ ...given, ...parameters }).toString();
    return parts.apply(
      ([login, word, server, at]) =>
        `postgresql://${login}:${word}@${server}:${at}/${database}${query === "" ? "" : `?${query}`}`,
    );
  };
  return {
    host: pulumi.output(host),
    port: pulumi.output(port),
    database,
    user: pulumi.output(user),
    password: pulumi.secret(password),
    sslmode: tls?.sslmode ?? "disable",
    url: urlWith({}),
    urlWith,
    jdbcUrl: parts.apply(([login, word, server, at]) => {
      const query = new URLSearchParams({ user: login, password: word, ...given });
      return `jdbc:postgresql://${server}:${at}/${database}?${query}`;
    }),
  };
}
