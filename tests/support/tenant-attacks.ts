// What an environment tries on servers that it shares with another one; all of it must be refused.

/** A Redis command with its arguments. */
export type RedisAttack = [string, ...string[]];

/**
 * On the other's keys and channels, and on what tells of them.
 *
 * @param prefix the other's
 * @param key one of the other's
 * @param mine one of one's own
 */
export function attacksOnKeys(prefix: string, key: string, mine: string): RedisAttack[] {
  return [
    ["GET", key],
    ["SET", key, "x"],
    ["DEL", key],
    ["EXISTS", key],
    ["TYPE", key],
    ["DUMP", key],
    ["WATCH", key],
    ["OBJECT", "ENCODING", key],
    ["RENAME", mine, key],
    ["COPY", key, mine],
    ["SORT", mine, "BY", "nosort", "GET", `${prefix}*`],
    ["BLPOP", key, "0.1"],
    ["XREAD", "STREAMS", key, "0"],
    ["EVAL", "return redis.call('GET', KEYS[1])", "1", key],
    ["EVAL", `return redis.call('GET', '${key}')`, "0"],
    ["EVAL", "return redis.call('KEYS', '*')", "0"],
    ["SUBSCRIBE", `${prefix}channel`],
    ["PSUBSCRIBE", "*"],
    ["PUBLISH", `${prefix}channel`, "x"],
    ["PUBSUB", "CHANNELS"],
    ...["KEYS *", "SCAN 0", "RANDOMKEY", "DBSIZE", "FLUSHALL", "FLUSHDB", "SWAPDB 0 1"].map(words),
    ...["MONITOR", "CONFIG GET *", "ACL LIST", "ACL WHOAMI", "CLIENT LIST", "SHUTDOWN"].map(words),
    ...["SAVE", "BGSAVE", "DEBUG SLEEP 0", "SLOWLOG GET", "MEMORY STATS", "SCRIPT FLUSH"].map(words),
    ...["FUNCTION LIST", "CLIENT TRACKING ON BCAST", "CLUSTER INFO", "REPLICAOF NO ONE"].map(words),
    ...["MODULE LIST", "LATENCY LATEST", "PUBSUB SHARDCHANNELS"].map(words),
  ];
}

function words(text: string): RedisAttack {
  return text.split(" ") as RedisAttack;
}

/**
 * On the other's database and roles, and on the server's own powers, as an environment's administrator.
 *
 * @param mine name of one's own database
 * @param theirs name of the other's
 */
export function attacksOnDatabase(mine: string, theirs: string): string[] {
  return [
    `DROP DATABASE ${theirs}`,
    `ALTER DATABASE ${theirs} RENAME TO gone`,
    `ALTER DATABASE ${theirs} OWNER TO ${mine}_admin`,
    `GRANT CONNECT ON DATABASE ${theirs} TO ${mine}_app`,
    `CREATE DATABASE copy TEMPLATE ${theirs}`,
    `ALTER ROLE ${theirs}_app PASSWORD 'x'`,
    `DROP ROLE ${theirs}_app`,
    `GRANT ${theirs}_owner TO ${mine}_admin`,
    `GRANT ${theirs}_app TO ${mine}_app`,
    "GRANT pg_read_all_data TO CURRENT_USER",
    "GRANT pg_execute_server_program TO CURRENT_USER",
    "CREATE ROLE boss SUPERUSER",
    "ALTER ROLE CURRENT_USER SUPERUSER",
    "COPY (SELECT 1) TO PROGRAM 'id'",
    "SELECT pg_read_file('/run/secrets/postgres_password')",
    `SET ROLE ${theirs}_owner`,
    "SELECT rolpassword FROM pg_authid",
  ];
}
