// Each building block: what it accepts, what it makes of it, and what it says of the rest.
import { describe, expect, it } from "vitest";
import type { z } from "zod";
import { bindAddress, dockerHost, hostname, port, url } from "./network.ts";
import { cpus, duration, imageReference, limits, memory, pids } from "./resources.ts";
import { choice, flag, integer, name, secret, text } from "./scalars.ts";
import { Secret } from "./secret.ts";
import { list, section, variants } from "./structures.ts";

type Case = [schema: z.ZodType, value: unknown, result: unknown];

const good: Record<string, Case[]> = {
  port: [
    [port(), 3101, 3101],
    [port(), "3101", 3101],
    [port(), 65535, 65535],
  ],
  hostname: [
    [hostname(), "staging-oracle.ingeniotech.co.uk", "staging-oracle.ingeniotech.co.uk"],
    [hostname(), "localhost", "localhost"],
  ],
  url: [[url(), "https://app.example.com/x", "https://app.example.com/x"]],
  bindAddress: [
    [bindAddress(), "127.0.0.1", "127.0.0.1"],
    [bindAddress(), "::1", "::1"],
  ],
  dockerHost: [
    [dockerHost(), "unix:///var/run/docker.sock", "unix:///var/run/docker.sock"],
    [dockerHost(), "ssh://deploy@server.example.com:2222", "ssh://deploy@server.example.com:2222"],
    [dockerHost(), "ssh://root@[::1]", "ssh://root@[::1]"],
  ],
  imageReference: [
    [imageReference(), "pgvector/pgvector:0.8.2-pg17-trixie", "pgvector/pgvector:0.8.2-pg17-trixie"],
    [imageReference(), "localhost:5000/a/b:1", "localhost:5000/a/b:1"],
    [imageReference(), `redis:latest@sha256:${"a".repeat(64)}`, `redis:latest@sha256:${"a".repeat(64)}`],
  ],
  memory: [
    [memory(), "512m", 512],
    [memory(), "1.5g", 1536],
    [memory(), "1GiB", 1024],
  ],
  cpus: [
    [cpus(), 0.5, 0.5],
    [cpus(), "0.5", 0.5],
  ],
  pids: [[pids(), "256", 256]],
  duration: [
    [duration(), "90s", 90],
    [duration(), "1h30m", 5400],
  ],
  scalars: [
    [flag(), "true", true],
    [flag(), false, false],
    [choice("env", "files"), "files", "files"],
    [integer({ min: 1, max: 10 }), 10, 10],
    [text({ example: "x" }), "STAGING ENVIRONMENT", "STAGING ENVIRONMENT"],
    [name(), "oracle-2", "oracle-2"],
  ],
  structures: [
    [list(choice("postgres", "redis")), ["redis"], ["redis"]],
    [section({ a: port() }), { a: 1 }, { a: 1 }],
    [variants("kind", { local: {}, own: { name: name() } }), { kind: "local" }, { kind: "local" }],
    [limits({ cpus: 1, memory: "512m", pids: 64 }), { memory: "1g" }, { cpus: 1, memoryMb: 1024, pids: 64 }],
  ],
};

describe.each(Object.entries(good))("%s accepts", (_, cases) => {
  it.each(cases)("case %#", (schema, value, result) => {
    expect(schema.parse(value)).toEqual(result);
  });
});

const bad: [what: string, schema: z.ZodType, value: unknown, reason: RegExp][] = [
  ["port 0", port(), 0, /0 is out of range: a port is 1 to 65535/],
  ["port 65536", port(), 65_536, /out of range/],
  ["a negative port", port(), "-1", /out of range/],
  ["half a port", port(), 31.5, /not a whole number/],
  ["spaces around a number", port(), " 3101 ", /white space around the number/],
  ["a port in words", port(), "http", /where a number is expected/],
  ["a list for a port", port(), [3101], /is a list where a number is expected/],
  ["an infinite port", port(), Number.POSITIVE_INFINITY, /where a number is expected/],
  ["a URL for a hostname", hostname(), "https://a.example.com", /without the scheme/],
  ["a hostname with port", hostname(), "a.example.com:80", /has a port/],
  ["a hostname with underscore", hostname(), "my_app.example.com", /no hostname/],
  ["upper case", hostname(), "App.example.com", /upper-case/],
  ["an address for a hostname", hostname(), "10.0.0.1", /IP address/],
  ["a hostname with an empty part", hostname(), "a..example.com", /an empty part/],
  ["a hostname without domain", hostname(), "oracle", /no full hostname/],
  ["a number for a hostname", hostname(), 5, /where text is expected: put it in quotes/],
  ["a URL without scheme", url(), "example.com", /no URL/],
  ["a URL of another scheme", url(), "ftp://example.com", /must begin with https:\/\/ or http:\/\//],
  ["a bind address that is a name", bindAddress(), "localhost", /no IP address/],
  ["an ssh host without user", dockerHost(), "ssh://server.example.com", /neither/],
  ["an ssh host that is an option", dockerHost(), "ssh://-oProxyCommand=x@host", /neither/],
  ["an ssh port out of range", dockerHost(), "ssh://a@b.example.com:99999", /neither/],
  ["Docker over TCP", dockerHost(), "tcp://10.0.0.1:2375", /open to whoever/],
  ["a relative socket", dockerHost(), "unix://docker.sock", /absolute path/],
  ["an image without tag", imageReference(), "redis", /names no version/],
  ["the newest image", imageReference(), "redis:latest", /whatever is newest/],
  ["an image in upper case", imageReference(), "Redis:7", /no image reference/],
  ["an image with spaces", imageReference(), "redis: 7", /no image reference/],
  ["memory without unit", memory(), 512, /no unit/],
  ["memory below zero", memory(), "-1g", /below zero/],
  ["memory of 1 MiB", memory(), "1m", /too little: 6m/],
  ["memory below the floor", memory("128m"), "64m", /128m is the least/],
  ["absurd memory", memory(), "5000g", /more than 4t/],
  ["no CPU at all", cpus(), 0, /out of range/],
  ["absurd CPUs", cpus(), 4096, /out of range/],
  ["one process", pids(), 1, /out of range/],
  ["a duration without unit", duration(), "30", /no length of time/],
  ["no duration", duration(), "0s", /more than nothing/],
  ["yes", flag(), "yes", /only true or false/],
  ["another word", choice("env", "files"), "vault", /none of env, files/],
  ["two lines", text({ example: "x" }), "a\nb", /line breaks/],
  ["a long text", text({ example: "x", max: 3 }), "abcd", /4 characters; 3 are allowed/],
  ["a bad name", name(), "Oracle_1", /lower-case letters/],
  ["a plain secret", secret(), "hunter2", /must be encrypted/],
  ["text for a list", list(port()), "80", /where a list is expected/],
  ["a repeated item", list(port()), [80, 80], /stands twice/],
  ["a list for a map", section({ a: port() }), [], /is a list where a map is expected/],
  ["a misspelt name", section({ memory: memory() }), { memroy: "1g" }, /did you mean memory\?/],
  ["no variant", variants("kind", { local: {} }), {}, /one of local is expected/],
  ["another variant", variants("kind", { local: {} }), { kind: "foreign" }, /one of local/],
  ["a bad limit", limits({ cpus: 1, memory: "1g", pids: 64 }), { cpus: -1 }, /out of range/],
];

describe("building blocks refuse", () => {
  it.each(bad)("%s", (_, schema, value, reason) => {
    const result = schema.safeParse(value);
    expect(result.error?.issues.map((issue) => issue.message).join("; ")).toMatch(reason);
  });

  it("everything that is wrong in a map at once", () => {
    const schema = limits({ cpus: 1, memory: "1g", pids: 64 });
    const issues = schema.safeParse({ cpus: 0, memory: "1", pids: 0, cpu: 1 }).error?.issues ?? [];
    expect(issues.map((issue) => issue.path.join("."))).toEqual(["cpu", "cpus", "memory", "pids"]);
  });

  it("a password in a URL or an SSH host without repeating it", () => {
    for (const [schema, value] of [
      [url(), "https://me:hunter2@example.com"],
      [dockerHost(), "ssh://me:hunter2@example.com"],
      [secret(), "hunter2"],
      [section({ a: port() }), { b: "hunter2" }],
    ] as const) {
      const { error } = (schema as z.ZodType).safeParse(value);
      expect(error).toBeDefined();
      expect(JSON.stringify(error?.issues)).not.toContain("hunter2");
    }
  });
});

describe("Secret", () => {
  it("shows its value to nobody but reveal", () => {
    const hidden = new Secret("hunter2");
    expect(hidden.reveal()).toBe("hunter2");
    expect(`${hidden} ${JSON.stringify({ hidden })}`).not.toContain("hunter2");
    expect(() => new Secret().reveal()).toThrow(/encrypted/);
  });
});
