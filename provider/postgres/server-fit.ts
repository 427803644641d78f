// Can a server's image read what a volume holds? The decisions, apart from how it is found out.

/** Who owns the files, and as whom the image's server runs. */
interface Owners {
  /** User id that owns the files. */
  owner: number;
  /** User id of the image's server; undefined where the image has no such user. */
  uid: number | undefined;
  /** Name of that user. */
  user: string;
}

export interface PostgresFacts extends Owners {
  /** Content of PG_VERSION in the volume: `17`, `9.6`. */
  written: string;
  /** What `postgres --version` says in the image; undefined where there is no such program. */
  image: string | undefined;
  /** Extensions that databases of the running server have and the image doesn't. */
  missing: readonly string[];
}

export interface RedisFacts extends Owners {
  /** First bytes of the snapshot in the volume. */
  written: Buffer;
  /** What `redis-server --version` says in the image; undefined where there is no such program. */
  image: string | undefined;
}

/** Format of snapshots up to which Redis 7.2 and later and every Valkey read what the other wrote. */
const COMMON_FORMAT = 11;

function ownerProblem({ owner, uid, user }: Owners): string | undefined {
  if (uid === owner) return undefined;
  return uid === undefined
    ? `the image has no user ${user}`
    : `the files belong to user ${owner}, and ${user} is user ${uid} in the image, who may not read them`;
}

/** Why the image's Postgres can't work with the volume; undefined where it can. */
export function postgresProblem(facts: PostgresFacts): string | undefined {
  const version = /PostgreSQL\)? (\d+(?:\.\d+)*)/.exec(facts.image ?? "")?.[1];
  if (version === undefined) return "the image has no Postgres that tells its version";
  const written = facts.written.trim();
  // Before 10 the second number counted, too.
  const major = version.split(".").slice(0, written.split(".").length).join(".");
  if (major !== written) {
    return `it was written by PostgreSQL ${written}, and the image is PostgreSQL ${version}, which can't read it`;
  }
  const owners = ownerProblem(facts);
  if (owners !== undefined) return owners;
  if (facts.missing.length === 0) return undefined;
  return `databases in it use ${facts.missing.join(", ")}, which the image doesn't have`;
}

interface RedisVersion {
  product: string;
  version: number[];
}

const numbers = (version: string) => version.split(".").map(Number);

function isOlder(one: readonly number[], other: readonly number[]): boolean {
  // The third number never changes the format.
  for (const place of [0, 1]) {
    const difference = (one[place] ?? 0) - (other[place] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}

function writer(head: Buffer): (RedisVersion & { format: number }) | undefined {
  const text = head.toString("latin1");
  const format = /^(?:REDIS|VALKEY)(\d+)/.exec(text)?.[1];
  // One byte with its length stands before the version.
  const found = /(redis|valkey)-ver.(\d+\.\d+(?:\.\d+)?)/s.exec(text);
  if (format === undefined || found === null) return undefined;
  return { product: found[1] ?? "", version: numbers(found[2] ?? ""), format: Number(format) };
}

const named = ({ product, version }: RedisVersion) =>
  `${product === "redis" ? "Redis" : "Valkey"} ${version.join(".")}`;

/** Why the image's Redis or Valkey can't work with the volume; undefined where it can, or nothing tells. */
export function redisProblem(facts: RedisFacts): string | undefined {
  const said = /(Redis|Valkey) server v=(\d+\.\d+(?:\.\d+)?)/.exec(facts.image ?? "");
  if (said === null) return "the image has no Redis that tells its version";
  const image = { product: (said[1] ?? "").toLowerCase(), version: numbers(said[2] ?? "") };
  const written = writer(facts.written);
  const reads =
    written === undefined ||
    (written.product === image.product
      ? !isOlder(image.version, written.version)
      : written.format <= COMMON_FORMAT && !isOlder(image.version, [7, 2]));
  if (!reads)
    return `it was written by ${named(written)}, and the image is ${named(image)}, which can't read it`;
  return ownerProblem(facts);
}
