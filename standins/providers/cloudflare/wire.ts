// Between the property names of Pulumi's package and those of Cloudflare's API, driven by a resource's table.
import type { PropertySpec } from "../../../plugin/property-table.ts";
import { isRecord, type Properties, type Value } from "../../../plugin/values.ts";

/** A property with its place in the API. */
export interface WireSpec extends PropertySpec {
  /** Name in the API's bodies. @default the property's name in snake case */
  readonly api?: string;
  /** Part of the address and not of the body, such as the account. @default false */
  readonly address?: boolean;
  /** What the state says counts, whatever an answer says; an import takes the answer's. @default false */
  readonly kept?: boolean;
  /** Never taken from an answer. @default false */
  readonly unread?: boolean;
  /** Properties of each item, for `objects`, or of the value, for `object`. */
  readonly fields?: WireTable;
}

/** The properties of a resource by name. */
export type WireTable = Readonly<Record<string, WireSpec>>;

/** A body as the API has it. */
export type Body = { [key: string]: Value | undefined };

/** `teamName` as `team_name`. */
export const snakeCase = (name: string): string =>
  name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** `team_name` as `teamName`. */
export const camelCase = (name: string): string =>
  name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

/** A table whose names are those of the API, as in the configuration of a tunnel. */
export function sameNames(table: WireTable): WireTable {
  return Object.fromEntries(Object.entries(table).map(([key, spec]) => [key, { api: key, ...spec }]));
}

/** Inputs as a body. */
export function toBody(table: WireTable, properties: Properties): Body {
  const body: Body = {};
  for (const [key, spec] of Object.entries(table)) {
    const value = properties[key];
    if (spec.output || spec.address || value === undefined) continue;
    body[spec.api ?? snakeCase(key)] = toWire(spec, value);
  }
  return body;
}

/** What a body tells of the properties; what it leaves out is absent. */
export function fromBody(table: WireTable, body: unknown): Properties {
  const properties: Properties = {};
  if (!isRecord(body as Value)) return properties;
  for (const [key, spec] of Object.entries(table)) {
    const value = (body as Body)[spec.api ?? snakeCase(key)];
    if (spec.address || spec.unread || value === undefined || value === null) continue;
    properties[key] = fromWire(spec, value);
  }
  return properties;
}

function toWire({ type, fields }: WireSpec, value: Value): Value {
  if (fields && Array.isArray(value)) {
    return value.map((item) => (isRecord(item) ? toBody(fields, item) : item));
  }
  if (fields && isRecord(value)) return toBody(fields, value);
  return type === "map" ? renamed(value, snakeCase) : value;
}

function fromWire({ type, fields }: WireSpec, value: Value): Value {
  if (fields && Array.isArray(value)) return value.map((item) => fromBody(fields, item));
  if (fields && isRecord(value)) return fromBody(fields, value);
  if (type === "string" && typeof value !== "string") return JSON.stringify(value);
  return type === "map" ? renamed(value, camelCase) : value;
}

function renamed(value: Value, rename: (name: string) => string): Value {
  if (Array.isArray(value)) return value.map((item) => renamed(item, rename));
  if (!isRecord(value)) return value;
  const entries = Object.entries(value).filter(([, item]) => item !== undefined && item !== null);
  return Object.fromEntries(entries.map(([key, item]) => [rename(key), renamed(item ?? null, rename)]));
}
