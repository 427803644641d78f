// For tests of the check: stack files that are wrong in one way each.
import { add, bad, type Case, rm, set, setInside } from "./testing.ts";

/** An encrypted value as the engine writes it. */
export const cipher = "{secure: v1:8e9Zk1PwWmc=:hn5T3cE1m0mCIj5X0y2i7w==}";
/** What a stack file says whose secrets are encrypted with a passphrase. */
export const salt = add(
  "encryptionsalt: v1:Z2sZkT+DMUk=:v1:mVbyHWCWEfdIBn4P:DiLDXGLBI0ZPjFsP5H+NqjVB5EWBYA==",
);
export const zone = `zoneId: ${"b".repeat(32)}`;
export const tunnel = `{kind: own, accountId: ${"a".repeat(32)}, name: oracle`;
export const shared = `{kind: shared, accountId: ${"a".repeat(32)}, tunnelId: 1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed, ${zone}`;
export const EDIT = /^\$EDITOR \+\d+ Pulumi\.staging\.yaml$/;

/** Values that are wrong by themselves. */
export const valueCases: Case[] = [
  bad("a word for a port", "hostPort: eighty", "wrong-type", /"eighty"/, set("hostPort 3100")),
  bad("a large port", "hostPort: 70000", "out-of-range", /1 to 65535/, set("hostPort 3100")),
  bad("port zero", "hostPort: 0", "out-of-range", /0 is out/, set("hostPort 3100")),
  bad("half a port", "hostPort: 31.5", "not-whole", /whole/, set("hostPort 3100")),
  bad("spaces in a number", 'hostPort: " 3101 "', "spaces", /white space/, set("hostPort 3101")),
  bad("an octal number", "hostPort: 03101", "notation", /plain decimals/, EDIT),
  bad("underscores in a number", "hostPort: 3_101", "notation", /plain decimals/, EDIT),
  bad("a date", "banner: 2026-01-01", "notation", /date/, set("banner 2026-01-01")),
  bad("a number for text", "banner: 2026", "wrong-type", /quotes/, set("banner 'STAGING ENVIRONMENT'")),
  bad("a list for a number", "hostPort: [3101]", "wrong-type", /is a list/, set("hostPort 3100")),
  bad("a map for text", "hostname: {a: b}", "wrong-type", /is a map/, set("hostname oracle.example.com")),
  bad("text for a map", "limits: 512m", "wrong-type", /a map is expected/, rm("limits")),
  bad(
    "text for a list",
    "releaseData: redis",
    "wrong-type",
    /a list is expected/,
    `${rm("releaseData")} && ${setInside("'releaseData[0]' redis")}`,
  ),
  bad("no boolean", "noindex: yes", "not-boolean", /true or false/, set("noindex true")),
  bad("none of the choices", "logLevel: loud", "not-a-choice", /none of info/, set("logLevel info")),
  bad("empty text", 'image: ""', "empty", /is empty/, set("image tandem-example:0.1.0")),
  bad("nothing", "banner:", "empty", /no value/, rm("banner")),
  bad("a line break", 'banner: "a\\nb"', "control-characters", /line breaks/, /set oracle:banner/),
  bad(
    "a URL for a hostname",
    "hostname: https://a.example.com",
    "invalid-hostname",
    /scheme/,
    set("hostname a.example.com"),
  ),
  bad(
    "an underscore in a hostname",
    "hostname: a_b.example.com",
    "invalid-hostname",
    /no hostname/,
    /set oracle:hostname/,
  ),
  bad(
    "no tag",
    "image: tandem-example",
    "image-without-tag",
    /no version/,
    set("image tandem-example:1.0.0"),
  ),
  bad("the latest", "redisImage: redis:latest", "image-latest", /newest/, set("redisImage redis:1.0.0")),
  bad(
    "no image",
    "image: Tandem App:1",
    "invalid-image",
    /no image reference/,
    set("image tandem-example:0.1.0"),
  ),
  bad(
    "a name for an address",
    "bindAddress: localhost",
    "invalid-address",
    /no IP/,
    set("bindAddress 127.0.0.1"),
  ),
  bad(
    "an ssh host without user",
    "dockerHost: ssh://a.example.com",
    "invalid-docker-host",
    /neither/,
    /ssh:/,
  ),
  bad("too many replicas", "replicas: 11", "out-of-range", /1 to 10/, set("replicas 1")),
  bad(
    "negative CPUs",
    "limits: {redis: {cpus: -1}}",
    "out-of-range",
    /-1/,
    setInside("limits.redis.cpus 0.5"),
    ".redis.cpus",
  ),
  bad(
    "no processes",
    "limits: {app: {pids: 0}}",
    "out-of-range",
    /processes/,
    setInside("limits.app.pids 256"),
    ".app.pids",
  ),
  bad(
    "memory without unit",
    "limits: {app: {memory: 512}}",
    "memory-unit",
    /no unit/,
    setInside("limits.app.memory 512m"),
    ".app.memory",
  ),
  bad(
    "too little memory",
    "limits: {postgres: {memory: 64m}}",
    "out-of-range",
    /128m is the least/,
    setInside("limits.postgres.memory 512m"),
    ".postgres.memory",
  ),
  bad(
    "a repeated role",
    "releaseData: [redis, redis]",
    "repeated",
    /twice/,
    /rm --path 'oracle:releaseData\[1\]'/,
    "[1]",
  ),
  bad(
    "an unknown role",
    "releaseData: [mysql]",
    "not-a-choice",
    /postgres, redis/,
    /releaseData\[0\]' postgres/,
    "[0]",
  ),
  bad(
    "a tunnel without zone",
    `tunnel: ${tunnel}}`,
    "missing",
    /missing/,
    /--path oracle:tunnel.zoneId/,
    ".zoneId",
  ),
  bad(
    "an unknown tunnel",
    "tunnel: {kind: x}",
    "not-a-choice",
    /local, own, shared/,
    setInside("tunnel.kind local"),
    ".kind",
  ),
];

/** Files that are no settings file, or say something twice. */
export const fileCases: Case[] = [
  ["a duplicate key", [add("  oracle:hostPort: 3102")], "duplicate-key", "", /oracle:hostPort twice/, EDIT],
  ["a key with and without namespace", [add("  hostPort: 3102")], "duplicate-key", "", /stands twice/, EDIT],
  ["a tab", [add("\toracle:x: 1")], "yaml-syntax", "", /tab/, EDIT],
  ["an open quote", [add('  oracle:x: "abc')], "yaml-syntax", "", /closing quote/, EDIT],
  ["a line without colon", [add("  hunter2")], "yaml-syntax", "", /a colon/, EDIT],
  ["a dangling alias", [add("  oracle:x: *nobody")], "yaml-alias", "", /alias/, EDIT],
  ["two documents", [add("---", "a: 1")], "yaml-syntax", "", /several documents/, EDIT],
  ["a control character", [add("  # \u0000")], "yaml-syntax", "", /invisible/, EDIT],
  ["a tag", [add("  oracle:x: !hunter2 1")], "yaml-syntax", "", /tag/, EDIT],
  ["a misspelt section", [add("confg: {}")], "unknown-top-level", "", /did you mean config\?/, EDIT],
  ["a list of settings", [() => "config: [1, 2]\n"], "wrong-type", "", /no map/, EDIT],
  ["a word", [() => "hello\n"], "wrong-type", "", /no map/, /EDITOR/],
  ["a novel", [() => "# x".repeat(400_000)], "yaml-syntax", "", /so long/, /EDITOR/],
];
