// Changes that people make by hand on a running environment, with what `tandem drift` must say of each, and how each is undone.

import type { Gravity } from "../../lib/resource-types.ts";
import { docker } from "./docker.ts";
import { dockerOk } from "./docker-cli.ts";

/** Where the changes are made. */
export interface Site {
  system: string;
  environment: string;
  /** Tag of the app's image, the test's own. */
  image: string;
}

/** One change made by hand. */
export interface HandMade {
  name: string;
  /** What it must be reported as: subject, and a part of what is said about it. */
  subject: string;
  text: RegExp;
  gravity: Gravity;
  make(): Promise<unknown>;
  /** Undone by hand; without it `--fix` fixes it. */
  undo?(): Promise<unknown>;
}

/** Label by which a test finds its strangers again. */
export const STRANGER = "tandem.test.stranger";

/** Name of an app container as it is now. */
export async function appContainer({ system, environment }: Site): Promise<string> {
  const label = [`tandem.system=${system}`, `tandem.environment=${environment}`, "tandem.component=app"];
  const [found] = await docker.listContainers({ filters: JSON.stringify({ label }) });
  return found?.Names[0]?.replace(/^\//, "") ?? "";
}

/** Ways to make changes on a site. */
export function toolsOf(site: Site) {
  const at = (role: string) => `${site.system}_${site.environment}_${role}`;
  const database = at("").replaceAll("-", "_").slice(0, -1);
  const sql = (text: string, name = "postgres") =>
    dockerOk(
      ["exec", "-i", at("postgres"), "psql", "-qXAt", "-v", "ON_ERROR_STOP=1", "-U", "postgres", name],
      text,
    );
  const root = (role: string, script: string) => dockerOk(["exec", "-u", "0", at(role), "sh", "-c", script]);
  /** A container that is nobody's. */
  const run = (name: string, ...options: string[]) =>
    dockerOk([
      ...["run", "-d", "--name", name, "--label", STRANGER, "--entrypoint", "sleep"],
      ...options,
      site.image,
      "600",
    ]);
  const remove = (name: string) => dockerOk(["rm", "-f", name]);
  const label = [
    "--label",
    `tandem.system=${site.system}`,
    "--label",
    `tandem.environment=${site.environment}`,
  ];
  const foreign = `stranger-${site.system}`;
  /** Changes a file in a volume, which root without capabilities may not do from inside. */
  const copied = (role: string, path: string, script: string) =>
    dockerOk([
      ...["run", "--rm", "--volumes-from", at(role), "-u", "0", "--entrypoint", "sh", site.image, "-c"],
      script.replaceAll("$FILE", path),
    ]);
  const role = (name: string) => `${database}_${name}`;

  const person = (
    name: string,
    subject: string,
    text: RegExp,
    make: HandMade["make"],
    undo: NonNullable<HandMade["undo"]>,
  ): HandMade => ({ name, subject, text, gravity: "person", make, undo });
  const data = (...args: Parameters<typeof person>): HandMade => ({ ...person(...args), gravity: "data" });
  const safe = (name: string, subject: string, text: RegExp, make: HandMade["make"]): HandMade => ({
    name,
    subject,
    text,
    gravity: "safe",
    make,
  });
  const bySql = (
    name: string,
    subject: string,
    text: RegExp,
    make: string,
    undo: string,
    where?: string,
  ): HandMade =>
    person(
      name,
      subject,
      text,
      () => sql(make, where),
      () => sql(undo, where),
    );
  return { at, database, sql, root, run, remove, label, foreign, copied, role, person, data, safe, bySql };
}

/** Changes that stop or remove something; all are safe to fix, or undone by hand first. */
export function loudChanges(site: Site, app: string): HandMade[] {
  const at = (role: string) => `${site.system}_${site.environment}_${role}`;
  const stop = (role: string): HandMade => ({
    name: `${role} stopped`,
    subject: `container ${at(role)}`,
    text: /running|gone/,
    gravity: "safe",
    make: () => dockerOk(["stop", "-t", "5", at(role)]),
  });
  return [
    stop("redis"),
    {
      name: "the app's container removed",
      subject: `container ${app}`,
      text: /gone/,
      gravity: "safe",
      make: () => dockerOk(["rm", "-f", app]),
    },
    {
      name: "Postgres' memory raised",
      subject: `container ${at("postgres")}`,
      text: /memory/,
      gravity: "safe",
      make: () => dockerOk(["update", "--memory", "600m", "--memory-swap", "600m", at("postgres")]),
    },
    {
      name: "the gateway's container removed",
      subject: `container ${at("gateway")}`,
      text: /gone/,
      gravity: "safe",
      make: () => dockerOk(["rm", "-f", at("gateway")]),
    },
  ];
}

/** Changes to what is looked at from outside, which only a person undoes. */
export function frozenChanges(site: Site, app: string): HandMade[] {
  const at = (role: string) => `${site.system}_${site.environment}_${role}`;
  return [
    {
      name: "the app paused",
      subject: `container ${app}`,
      text: /is paused/,
      gravity: "person",
      make: () => dockerOk(["pause", app]),
      undo: () => dockerOk(["unpause", app]),
    },
    {
      name: "Redis cut off",
      subject: `container ${at("redis")}`,
      text: /cut off from the network/,
      gravity: "person",
      make: () => dockerOk(["network", "disconnect", at("network"), at("redis")]),
      undo: () => dockerOk(["network", "connect", at("network"), at("redis")]),
    },
  ];
}

/** Changes to what holds data: nothing brings it back but a restore. */
export function dataChanges({ system, environment }: Site): HandMade[] {
  const at = (role: string) => `${system}_${environment}_${role}`;
  const database = at("").replaceAll("-", "_").slice(0, -1);
  const sql = (text: string) =>
    dockerOk(
      ["exec", "-i", at("postgres"), "psql", "-qXAt", "-v", "ON_ERROR_STOP=1", "-U", "postgres", database],
      text,
    );
  const role = `${database}_readonly`;
  return [
    {
      name: "an extension dropped with what it holds",
      subject: "extension vector",
      text: /gone/,
      gravity: "data",
      make: () => sql("DROP EXTENSION vector CASCADE"),
    },
    {
      name: "a login dropped",
      subject: `login ${role}`,
      text: /gone/,
      gravity: "person",
      make: () => sql(`DROP OWNED BY ${role} CASCADE; DROP ROLE ${role};`),
    },
    {
      name: "a volume removed",
      subject: `volume ${at("redisdata")}`,
      text: /gone/,
      gravity: "data",
      make: async () => {
        await dockerOk(["rm", "-f", at("redis")]);
        await dockerOk(["volume", "rm", at("redisdata")]);
      },
    },
  ];
}
