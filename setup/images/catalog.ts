// Every image that a stack may name, and what takes its place on a machine that reaches no image registry.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { SCHEDULER_IMAGE } from "../../lib/jobs/place.ts";
import { packageRoot } from "../paths.ts";

/** Folder of the stand-ins' recipes, one folder each. */
export const recipes = join(packageRoot, "standins", "images");

/** Names of the stand-ins; each is a folder beside this file. */
export type StandInName =
  | "busybox"
  | "postgres"
  | "rabbitmq"
  | "redis"
  | "caddy"
  | "mariadb"
  | "memcached"
  | "nats"
  | "node"
  | "pgbouncer"
  | "supercronic"
  | "whisper";

/** An image of somebody else's, or of somebody else's program. */
export interface CatalogEntry {
  /** The official reference, with its tag: what stack files say; for one that nobody publishes, our own. */
  reference: string;
  /** Folder of the recipe that makes the stand-in. */
  standIn: StandInName;
  /** How the stand-in differs from the official image, in words for the user. */
  note: string;
  /** Made ready only where a stack's settings name it or its program needs it, and for the tests. @default false */
  onDemand?: boolean;
  /** Of the tests only the long form uses it. @default false */
  longForm?: boolean;
  /** Published by nobody, so it is made here in any case. @default false */
  own?: boolean;
}

/** The images, in the order in which they are made ready. */
export const catalog: readonly CatalogEntry[] = [
  {
    reference: "pgvector/pgvector:0.8.2-pg17-trixie",
    standIn: "postgres",
    note: "PostgreSQL 17 and pgvector 0.8.0 from Debian 13",
  },
  {
    reference: "redis:7.2.11-bookworm",
    standIn: "redis",
    note: "Redis 8 from Debian 13; Redis 7.2 can't read the files that it writes",
  },
  {
    reference: "caddy:2.11.9-alpine",
    standIn: "caddy",
    note: "Caddy 2.11.9 built from its Go module, on Debian 13 instead of Alpine",
  },
  {
    reference: "node:24.21.0-trixie-slim",
    standIn: "node",
    note: "Node 24.21.0 from the npm registry, on Debian 13",
  },
  {
    reference: "busybox:1.37.0-uclibc",
    standIn: "busybox",
    note: "BusyBox 1.37.0 from Debian 13, linked to Debian's C library",
    onDemand: true,
  },
  {
    reference: SCHEDULER_IMAGE,
    standIn: "supercronic",
    note: "supercronic built from its Go module",
    onDemand: true,
    own: true,
  },
  {
    reference: "edoburu/pgbouncer:v1.24.1-p1",
    standIn: "pgbouncer",
    note: "PgBouncer 1.24 from Debian 13, without the entry point that makes a configuration",
    onDemand: true,
  },
  {
    reference: "mariadb:11.8.9-noble",
    standIn: "mariadb",
    note: "MariaDB 11.8 from Debian 13, with the official image's usual variables",
    onDemand: true,
  },
  {
    reference: "rabbitmq:4.0.5",
    standIn: "rabbitmq",
    note: "RabbitMQ 4.0 from Debian 13",
    onDemand: true,
    longForm: true,
  },
  {
    reference: "nats:2.10.27-alpine",
    standIn: "nats",
    note: "NATS 2.10 from Debian 13 instead of Alpine",
    onDemand: true,
    longForm: true,
  },
  {
    reference: "memcached:1.6.38",
    standIn: "memcached",
    note: "Memcached 1.6 from Debian 13",
    onDemand: true,
    longForm: true,
  },
  {
    reference: "onerahmet/openai-whisper-asr-webservice:v1.9.1",
    standIn: "whisper",
    note: "the HTTP interface of Whisper ASR without a model: it recognises no speech",
    onDemand: true,
  },
];

/** The images that a machine needs, by reference, besides those that every system uses; `all` are those of the daily tests. */
export type NeededImages = readonly string[] | "all";

/** The entries that a machine needs. */
export function entriesFor(needed: NeededImages = []): readonly CatalogEntry[] {
  return catalog.filter(
    ({ onDemand, longForm, reference }) =>
      !onDemand || (needed === "all" ? !longForm : needed.includes(reference)),
  );
}

/** The reference of the official image that a stand-in stands for. */
export function referenceOf(name: StandInName): string {
  const entry = catalog.find(({ standIn }) => standIn === name);
  if (entry === undefined) throw new Error(`setup/images/catalog.ts has no entry for ${name}`);
  return entry.reference;
}

/** Folder of the example app. */
export const appFolder = join(packageRoot, "examples", "app");

/** File of the installed package that says which revision of the example app it brings; from the package's root. */
export const REVISION_FILE = "examples/app.revision";

/** Reference of the example app's image; its tag is the version in the app's package.json. */
export function appReference(): string {
  const { version } = JSON.parse(readFileSync(join(appFolder, "package.json"), "utf8")) as {
    version: string;
  };
  return `tandem-example:${version}`;
}
