// Emulated: the DNS records of zones.
import { List, refusals } from "./envelope.ts";
import { RECORD_KEYS, type Record } from "./types.ts";
import { type Call, onlyKnown, type Route, type World } from "./world.ts";

type Stored = Record & { zone_id: string };

const PATH = "/zones/:zone/dns_records";
const ADDRESSES = ["A", "AAAA", "CNAME"];

/** Adds a record as if it had been there before. */
export function addRecord(
  world: World,
  zone: string,
  record: Pick<Record, "name" | "type" | "content">,
): Record {
  const made = {
    id: world.hexId(),
    zone_id: zone,
    ttl: 1,
    proxied: false,
    proxiable: ADDRESSES.includes(record.type),
    created_on: world.date(),
    modified_on: world.date(),
    meta: {},
    settings: {},
    tags: [],
    ...record,
  } satisfies Stored;
  world.records.write(made.id, made);
  return made;
}

/** What the real API does to a name: the whole one, in lower case. */
function wholeName(world: World, zone: string, name: unknown): string {
  const zoneName = world.zones.get(zone) ?? "";
  const given = String(name).toLowerCase();
  if (given === "@" || given === zoneName) return zoneName;
  return given.endsWith(`.${zoneName}`) ? given : `${given}.${zoneName}`;
}

function read({ world, params }: Call, at?: number): Stored {
  const record = world.records.read(String(params.id), at);
  if (!record || record.zone_id !== params.zone) throw refusals.noRecord();
  return record;
}

/** The record that a body stands for. */
function recordOf(call: Call, before?: Stored): Stored {
  const { world, params, body } = call;
  onlyKnown(body, RECORD_KEYS, ["name", "type", "ttl"]);
  const zone = String(params.zone);
  if (body.content === undefined && body.data === undefined) throw refusals.badRecord("content is missing");
  const proxied = body.proxied === true;
  const record = {
    id: before?.id ?? world.hexId(),
    zone_id: zone,
    name: wholeName(world, zone, body.name),
    type: body.type as Record["type"],
    // Cloudflare sets the time of a proxied record itself.
    ttl: proxied ? 1 : (body.ttl as Record["ttl"]),
    content: String(body.content ?? ""),
    proxied,
    proxiable: ADDRESSES.includes(String(body.type)),
    ...(body.comment === undefined ? {} : { comment: String(body.comment) }),
    ...(body.priority === undefined ? {} : { priority: Number(body.priority) }),
    settings: (body.settings ?? {}) as NonNullable<Record["settings"]>,
    tags: (body.tags ?? []) as NonNullable<Record["tags"]>,
    meta: {},
    created_on: before?.created_on ?? world.date(),
    modified_on: world.date(),
  } satisfies Stored;
  refuseConflict(world, record);
  world.records.write(record.id, record);
  return record;
}

function refuseConflict(world: World, record: Stored): void {
  const others = world.records
    .all()
    .filter(
      ({ id, zone_id, name }) => id !== record.id && zone_id === record.zone_id && name === record.name,
    );
  if (others.some(({ type, content }) => type === record.type && content === record.content)) {
    throw refusals.sameRecord();
  }
  if (record.type === "CNAME" && others.some(({ type }) => ADDRESSES.includes(type)))
    throw refusals.hostTaken();
  if (ADDRESSES.includes(record.type) && others.some(({ type }) => type === "CNAME"))
    throw refusals.hostIsAlias();
}

/** Routes below a zone's records. */
export const recordRoutes: readonly Route[] = [
  { method: "POST", path: PATH, answer: (call) => shown(recordOf(call)) },
  {
    method: "GET",
    path: PATH,
    answer({ world, params, query, asOf }) {
      const exact = (key: string) => query.get(`${key}.exact`) ?? query.get(key);
      const wanted = { name: exact("name"), type: query.get("type"), content: exact("content") };
      const found = world.records
        .all(asOf)
        .filter(({ zone_id }) => zone_id === params.zone)
        .filter((record) => wanted.name === null || record.name === wanted.name)
        .filter((record) => wanted.type === null || record.type === wanted.type)
        .filter((record) => wanted.content === null || record.content === wanted.content);
      return new List(found.map(shown));
    },
  },
  { method: "GET", path: `${PATH}/:id`, answer: (call) => shown(read(call, call.asOf)) },
  { method: "PUT", path: `${PATH}/:id`, answer: (call) => shown(recordOf(call, read(call))) },
  {
    method: "DELETE",
    path: `${PATH}/:id`,
    answer(call) {
      const { id } = read(call);
      call.world.records.write(id, undefined);
      return { id };
    },
  },
];

function shown({ zone_id: _, ...record }: Stored): Record {
  return record;
}
