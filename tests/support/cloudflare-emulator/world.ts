// What the emulated part of Cloudflare holds, and the means its routes have in common.
import { randomUUID } from "node:crypto";
import type { Clock } from "../../../provider/cloudflare/clock.ts";
import { refusals } from "./envelope.ts";
import { Replicated } from "./replicated.ts";
import type { Application, Configuration, Policy, Record, Tunnel } from "./types.ts";

/** Everything that there is. */
export class World {
  readonly clock: Clock;
  readonly tunnels: Replicated<Tunnel>;
  readonly configurations: Replicated<Configuration>;
  readonly records: Replicated<Record & { zone_id: string }>;
  readonly applications: Replicated<Application & { owner: string }>;
  readonly policies: Replicated<Policy & { account_id: string }>;
  /** Zones by id, with their names. */
  readonly zones = new Map<string, string>();
  /** Tunnels that a connector is connected to. */
  readonly connected = new Set<string>();

  constructor(clock: Clock) {
    this.clock = clock;
    const now = () => clock.now();
    this.tunnels = new Replicated(now);
    this.configurations = new Replicated(now);
    this.records = new Replicated(now);
    this.applications = new Replicated(now);
    this.policies = new Replicated(now);
  }

  /** The time as Cloudflare writes it. */
  date(): string {
    return new Date(this.clock.wall()).toISOString();
  }

  /** A new id of the form that accounts, zones and records have. */
  hexId(): string {
    return randomUUID().replaceAll("-", "");
  }

  /** A new id of the form that tunnels and Access objects have. */
  uuid(): string {
    return randomUUID();
  }
}

/** One request as a route sees it. */
export interface Call {
  readonly world: World;
  /** Parts of the path that the route leaves open, by name. */
  readonly params: Readonly<{ [name: string]: string }>;
  readonly query: URLSearchParams;
  /** Body of the request; empty if there is none. */
  readonly body: { readonly [key: string]: unknown };
  /** Time as of which reads answer. */
  readonly asOf: number;
}

/** Answers one kind of request: a result, or a `List`. */
export interface Route {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Path below the base URL, such as `/accounts/:account/cfd_tunnel`. */
  readonly path: string;
  answer(call: Call): unknown;
}

/** Refuses a body with names that the real API doesn't know, or without what it needs. */
export function onlyKnown(body: Call["body"], known: readonly string[], required: readonly string[]): void {
  const strange = Object.keys(body).filter((key) => !known.includes(key));
  if (strange.length > 0) throw refusals.badBody(`unknown field ${strange.join(", ")}`);
  const missing = required.filter((key) => body[key] === undefined);
  if (missing.length > 0) throw refusals.badBody(`missing field ${missing.join(", ")}`);
}
