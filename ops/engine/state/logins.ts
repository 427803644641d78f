// The logins of an environment's databases and Redis, read from its state with the secrets in plain text.
import { labels } from "../../../lib/docker/labels.ts";
import { type TypeName, types } from "../../../lib/resource-types.ts";
import type { StateResource } from "./backend.ts";

/** The logins of a database, by what they are for. */
export const LOGINS = ["app", "owner", "readonly"] as const;
/** What a login of a database is for: rows, migrations, or reading only. */
export type LoginName = (typeof LOGINS)[number];

/** A name with its password. */
export interface Credentials {
  username: string;
  password: string;
}

/** A database. */
export interface DatabaseAccess {
  /** Name of its component in the topology. */
  component: string;
  /** Name on the server. */
  database: string;
  logins: Readonly<Partial<Record<LoginName, Credentials>>>;
  /** Id or name of the server's container; undefined where it is managed. */
  container: string | undefined;
  /** The server's address and how to check it, where it is managed. */
  managed: { host: string; port: string; sslmode: string; caFile: string | undefined } | undefined;
}

/** A Redis. */
export interface RedisAccess extends Credentials {
  /** Name of its component in the topology. */
  component: string;
  /** Id or name of the server's container. */
  container: string;
}

const COMPONENTS = { database: "tandem:index:PgDatabase", redis: "tandem:index:RedisInstance" } as const;

/** The login in a server's list of users: the one that has a password. */
const ACL_LOGIN = /^user (\S+) on #/m;

const nameOf = ({ urn }: StateResource) => urn.slice(urn.lastIndexOf("::") + 2);
const text = (value: unknown) => (value === undefined || value === null ? "" : String(value));

/** What belongs to one component. */
class Children {
  readonly #all: StateResource[];

  constructor(resources: readonly StateResource[], { urn }: StateResource) {
    this.#all = resources.filter(({ parent, delete: leaving }) => parent === urn && leaving !== true);
  }

  of(type: TypeName): StateResource[] {
    return this.#all.filter((one) => one.type === types[type]);
  }
}

function componentsOf(resources: readonly StateResource[], type: string): StateResource[] {
  return resources.filter((one) => one.type === type && one.delete !== true);
}

/** The environment's databases, as far as they were made. */
export function databasesIn(resources: readonly StateResource[]): DatabaseAccess[] {
  return componentsOf(resources, COMPONENTS.database).flatMap((own) => {
    const component = nameOf(own);
    const children = new Children(resources, own);
    const [database] = children.of("database");
    if (database === undefined) return [];
    const logins = children.of("role").flatMap((role) => {
      const login = LOGINS.find((name) => nameOf(role) === `${component}-${name}`);
      const { name, password } = role.inputs ?? {};
      return login === undefined
        ? []
        : [[login, { username: text(name), password: text(password) }] as const];
    });
    const [kept] = children.of("takeBack");
    const container = kept === undefined ? undefined : text(kept.outputs?.containerId);
    const provider = resources.find((one) => `${one.urn}::${one.id}` === database.provider);
    const { host, port, sslmode, sslrootcert } = provider?.inputs ?? {};
    const caFile = sslrootcert === undefined ? undefined : text(sslrootcert);
    return [
      {
        ...{ component, container, logins: Object.fromEntries(logins) },
        database: text(database.inputs?.name),
        managed:
          container === undefined
            ? { host: text(host), port: text(port), sslmode: text(sslmode), caFile }
            : undefined,
      },
    ];
  });
}

/** The environment's Redis instances, as far as they were made. */
export function redisIn(resources: readonly StateResource[]): RedisAccess[] {
  return componentsOf(resources, COMPONENTS.redis).flatMap((own) => {
    const component = nameOf(own);
    const children = new Children(resources, own);
    const password = text(children.of("password")[0]?.outputs?.result);
    const [user] = children.of("redisUser");
    if (user !== undefined) {
      const { user: username, container } = user.inputs ?? {};
      return [{ component, username: text(username), password, container: text(container) }];
    }
    const [start] = children.of("start");
    const { containerId, files } = start?.inputs ?? {};
    const lists = Object.values((files ?? {}) as Record<string, unknown>).map(text);
    const username = lists.flatMap((list) => ACL_LOGIN.exec(list)?.[1] ?? [])[0];
    return username === undefined ? [] : [{ component, username, password, container: text(containerId) }];
  });
}

/** A URL of one of the databases' logins as the owner's; undefined for every other text. */
export function ownerUrl(
  value: string,
  databases: readonly DatabaseAccess[],
  addressOf: (database: DatabaseAccess) => { host: string; port: string },
): string | undefined {
  const url = /^postgres(ql)?:\/\//.test(value) && URL.canParse(value) ? new URL(value) : undefined;
  if (url === undefined) return undefined;
  const [name, user] = [url.pathname.slice(1), url.username].map(decodeURIComponent);
  const found = databases.find(
    ({ database, logins }) =>
      database === name && Object.values(logins).some(({ username }) => username === user),
  );
  if (found?.logins.owner === undefined) return undefined;
  const { username, password } = found.logins.owner;
  // The owner goes to the server itself: a pooler knows the application's logins only.
  const { host, port } = addressOf(found);
  return `${url.protocol}//${encodeURIComponent(username)}:${encodeURIComponent(password)}@${host}:${port}${url.pathname}${url.search}`;
}

/** What the migration of a service, or of its release, is given: variables, and files by path. A job of its name is none. */
export function migrationOf(
  resources: readonly StateResource[],
  service: string,
): { environment: Record<string, string>; files: Record<string, string> } {
  const isFor = ({ labels: own = {}, services, noun }: Record<string, unknown>) =>
    noun === undefined &&
    ((services as string[] | undefined)?.includes(service) ??
      (own as Record<string, string>)[labels.component] === service);
  const found = resources.find(
    ({ type, inputs = {}, delete: leaving }) => type === types.migration && leaving !== true && isFor(inputs),
  );
  const { environment = {}, files = {} } = (found?.inputs ?? {}) as Record<string, Record<string, string>>;
  return { environment, files };
}
