// A program for tests of the postgresql provider: it builds what its config declares, in one small database or another.
import type { EngineProject, TestEngine } from "./engine.ts";
import type { TestPostgres } from "./postgres.ts";

/** Password of the application's login; a canary, which must be found in no log and no plain-text state. */
export const APP_PASSWORD = "canary-app-51e0";

/** One resource of the program: type, arguments, and what it comes after. */
export interface Declared {
  type: string;
  args: Record<string, unknown>;
  after?: string[];
}

const PROGRAM = `
import * as pulumi from "@pulumi/pulumi";
import * as postgresql from "@pulumi/postgresql";
import * as random from "@pulumi/random";

const config = new pulumi.Config();
const settings = config.requireObject<postgresql.ProviderArgs>("server");
const provider = new postgresql.Provider("server", { ...settings, password: config.requireSecret("password") });
const made: Record<string, pulumi.Resource> = {};
for (const [name, { type, args, after = [] }] of Object.entries(config.requireObject<any>("resources")) as any) {
  const [pkg, kind] = type.split(".");
  const dependsOn = after.map((other: string) => made[other]);
  const secret = args.password === "app" ? { password: config.requireSecret("app") } : {};
  const Kind = ({ postgresql, random } as any)[pkg][kind];
  made[name] = new Kind(name, { ...args, ...secret }, pkg === "random" ? {} : { provider, dependsOn });
}
`;

/** Everything that the provider serves, in one small database. */
export function shop(changes: Record<string, Record<string, unknown>> = {}): Record<string, Declared> {
  const at = (type: string, args: Record<string, unknown>, ...after: string[]): Declared => ({
    type: `postgresql.${type}`,
    args,
    after,
  });
  const inShop = { database: "shop" };
  const all: Record<string, Declared> = {
    team: at("Role", { name: "shop_team" }),
    // Who declares roles declares all of them: without it the membership below would show as a difference.
    owner: at("Role", { name: "shop_owner", roles: ["shop_team"] }, "team"),
    app: at("Role", {
      name: "shop_app",
      login: true,
      password: "app",
      connectionLimit: 20,
      statementTimeout: 30_000,
      idleInTransactionSessionTimeout: 60_000,
      searchPaths: ["shop", "public"],
      validUntil: "2035-01-01",
      roles: [],
    }),
    reader: at("Role", { name: "shop_reader", roles: ["shop_team"] }, "team"),
    db: at("Database", { name: "shop", owner: "shop_owner", connectionLimit: 50 }, "owner"),
    scratch: at("Database", { name: "scratch" }),
    closed: at("Grant", { ...inShop, role: "public", objectType: "database", privileges: [] }, "db"),
    connect: at(
      "Grant",
      { ...inShop, role: "shop_app", objectType: "database", privileges: ["CONNECT"] },
      "closed",
      "app",
    ),
    schema: at("Schema", { ...inShop, name: "shop", owner: "shop_owner", dropCascade: true }, "db"),
    vector: at("Extension", { ...inShop, name: "vector", schema: "public" }, "schema"),
    usage: at(
      "Grant",
      { ...inShop, role: "shop_app", schema: "shop", objectType: "schema", privileges: ["USAGE"] },
      "schema",
      "connect",
    ),
    tables: at(
      "Grant",
      { ...inShop, role: "shop_app", schema: "shop", objectType: "table", privileges: ["SELECT", "INSERT"] },
      "usage",
    ),
    later: at(
      "DefaultPrivileges",
      {
        ...inShop,
        role: "shop_app",
        owner: "shop_owner",
        schema: "shop",
        objectType: "table",
        privileges: ["SELECT", "INSERT"],
      },
      "usage",
    ),
    membership: at("GrantRole", { role: "shop_owner", grantRole: "shop_team" }, "team", "owner"),
    password: { type: "random.RandomPassword", args: { length: 20, keepers: { v: "1" } } },
  };
  for (const [name, args] of Object.entries(changes)) {
    const declared = all[name];
    if (!declared) throw new Error(`no resource ${name}`);
    declared.args = { ...declared.args, ...args };
  }
  return all;
}

/** Makes a project on a server, logged in as whom the settings say. */
export async function startProject(
  engine: TestEngine,
  server: TestPostgres,
  name: string,
  settings: Record<string, unknown>,
  password: string,
): Promise<EngineProject> {
  const project = await engine.project(name, PROGRAM);
  const all = { host: "127.0.0.1", port: server.port, sslmode: "disable", connectTimeout: 60, ...settings };
  await project.config("server", JSON.stringify(all));
  await project.config("password", password, true);
  await project.config("app", APP_PASSWORD, true);
  return project;
}

/** Sets what the project's program builds. */
export function declare(project: EngineProject, resources: Record<string, Declared>): Promise<void> {
  return project.config("resources", JSON.stringify(resources));
}

/** Fails unless neither program nor server differ from the state. */
export async function expectNoChange(project: EngineProject): Promise<void> {
  await project.ok("preview", "--expect-no-changes", "--diff");
  await project.ok("refresh", "--preview-only", "--expect-no-changes", "--diff");
}
