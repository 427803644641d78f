// What Docker can't take: each kind of value, and what comes close to it and is fine.
import { describe, expect, it } from "vitest";
import { type ContainerFacts, containerProblems } from "./container.ts";
import { migrationProblems } from "./migration.ts";
import { dockerHost, identifier, image, nameWith, owner } from "./values.ts";

const problemsOf = (facts: ContainerFacts) => containerProblems(facts).map(({ argument }) => argument);
const health = (facts: NonNullable<ContainerFacts["health"]>) => ({ health: facts });
const volume = (source: unknown, path: unknown) => ({ volumes: [{ volume: source, path }] });

const REFUSED: [string, ContainerFacts, string][] = [
  ["a health check without a command", health({ command: [] }), "health.command"],
  ["a health check without anything", health({}), "health.command"],
  ["a health check that is a text", health({ command: "true" }), "health.command"],
  ["an empty program", health({ command: [""] }), "health.command[0]"],
  ["an empty word", { command: ["sh", "-c", ""] }, "command[2]"],
  ["a NUL byte", { command: ["sh", "a\0b"] }, "command[1]"],
  ["half a character", { command: ["sh", "a\ud800"] }, "command[1]"],
  ["a word that Linux can't take", { command: ["sh", "x".repeat(131_072)] }, "command[1]"],
  ["a word that is missing", { command: ["sh", undefined] }, "command[1]"],
  ["no time between checks", health({ command: ["true"], intervalSeconds: 0 }), "health.intervalSeconds"],
  [
    "a time that is no number",
    health({ command: ["true"], timeoutSeconds: Number.NaN }),
    "health.timeoutSeconds",
  ],
  ["half a retry", health({ command: ["true"], retries: 1.5 }), "health.retries"],
  ["retries below zero", health({ command: ["true"], retries: -1 }), "health.retries"],
  [
    "endless start",
    health({ command: ["true"], startPeriodSeconds: Number.POSITIVE_INFINITY }),
    "health.startPeriodSeconds",
  ],
  ["less memory than Docker's least", { limits: { memoryMb: 5 } }, "limits.memoryMb"],
  ["a fraction of a MiB", { limits: { memoryMb: 128.5 } }, "limits.memoryMb"],
  ["CPUs below Docker's least", { limits: { cpus: 0.001 } }, "limits.cpus"],
  ["CPUs that are more precise than Docker", { limits: { cpus: 0.1 + 0.2 } }, "limits.cpus"],
  ["no process at all", { limits: { pids: 0 } }, "limits.pids"],
  ["a variable without a name", { environment: { "": "x" } }, "environment"],
  ["a variable with = in its name", { environment: { "A=B": "x" } }, "environment"],
  ["a variable without a value", { environment: { A: undefined } }, "environment.A"],
  [
    "more variables than a process can have",
    {
      environment: Object.fromEntries(
        Array.from({ length: 20 }, (_, index) => [`V${index}`, "x".repeat(120_000)]),
      ),
    },
    "environment",
  ],
  ["a volume over the root", volume("data", "/"), "volumes[0].path"],
  ["a volume over nothing", volume("data", ""), "volumes[0].path"],
  ["a relative path", volume("data", "data"), "volumes[0].path"],
  ["a path with options behind it", volume("data", "/data:ro"), "volumes[0].path"],
  ["a volume in /proc", volume("data", "/proc/data"), "volumes[0].path"],
  [
    "two mounts at one place",
    {
      volumes: [
        { volume: "aa", path: "/d" },
        { volume: "bb", path: "/d/" },
      ],
    },
    "volumes[1].path",
  ],
  ["a mount where another lies", { ...volume("data", "/tmp"), mounted: ["/tmp"] }, "volumes[0].path"],
  ["a volume whose name is a path", volume("../data", "/data"), "volumes[0].volume"],
  ["a volume with options in its name", volume("data:/x", "/data"), "volumes[0].volume"],
  ["a user with nothing behind the colon", { user: "app:" }, "user"],
  ["a user that is too high", { user: "4294967296" }, "user"],
  ["port 0", { ports: [{ hostPort: 0, containerPort: 80 }] }, "ports[0].hostPort"],
  [
    "a hostname to bind to",
    { ports: [{ bindAddress: "localhost", hostPort: 80, containerPort: 80 }] },
    "ports[0].bindAddress",
  ],
  ["a network of Docker's own", { networks: ["host"] }, "networks[0]"],
  ["another container's network", { networks: ["container:other"] }, "networks[0]"],
  ["a stop in a fraction of a second", { stopGraceSeconds: 0.5 }, "stopGraceSeconds"],
  ["a name with a slash", { name: "a/b" }, "name"],
];

describe("Docker is not handed", () => {
  it.each(REFUSED)("%s", (_, facts, argument) => expect(problemsOf(facts)).toEqual([argument]));

  it("a name that no network can look up", () => {
    expect(nameWith()("x".repeat(63))).toBeUndefined();
    expect(nameWith()("x".repeat(64))).toMatch(/longer than 63/);
    expect(nameWith(8)("x".repeat(56))).toMatch(/longer than 55/);
  });

  it.each([
    "",
    "-rf",
    "--help",
    "App:1",
    "app:",
    "a b",
    "app@sha256:12",
    `${"a".repeat(256)}:1`,
    5,
  ])("the image '%s'", (reference) => expect(image(reference)).toBeDefined());

  it("a secret in an error", () => {
    const facts = { command: ["psql", "hidden\0"], environment: { TOKEN: "hidden\0", LIST: ["hidden"] } };
    const text = containerProblems(facts).map(({ reason }) => reason);
    expect(text).toHaveLength(3);
    expect(text.join()).not.toContain("hidden");
    expect(dockerHost("tcp://ci:hidden@host")).not.toContain("hidden");
  });

  it("a migration without a command, or with a limit that isn't one", () => {
    const found = migrationProblems({ command: [], timeoutSeconds: 0, memoryMb: 1, network: "host" });
    expect(found.map(({ argument }) => argument)).toEqual([
      "command",
      "timeoutSeconds",
      "networks[0]",
      "memoryMb",
    ]);
  });
});

describe("Docker may be handed", () => {
  it("all that a container usually has", () => {
    expect(
      containerProblems({
        name: "oracle_staging_api-1-1a2b3c4",
        image: "registry.example.com:5000/team/app:1.0.0",
        command: ["sh", "-c", "ä\n"],
        entrypoint: ["env", ""],
        user: "1000:1000",
        environment: { EMPTY: "", EQUAL: "a=b", NUMBER: 5 as unknown as string, "my.name": "x" },
        networks: ["oracle_staging_network"],
        volumes: [
          { volume: "data", path: "/data" },
          { volume: "/srv/x", path: "/srv" },
        ],
        mounted: ["/tmp"],
        ports: [{ bindAddress: "::1", hostPort: 65_535, containerPort: 1 }],
        health: { command: ["true"], intervalSeconds: 0.5, startPeriodSeconds: 0, retries: 1 },
        limits: { cpus: 0.01, memoryMb: 6, pids: 1 },
        stopGraceSeconds: 0,
      }),
    ).toEqual([]);
  });

  it("what isn't known yet", () => {
    const later = Symbol("later");
    expect(
      containerProblems({
        image: later,
        command: [later],
        environment: { A: later },
        volumes: [{ volume: later, path: "/d" }],
      }),
    ).toEqual([]);
  });

  it("names as Postgres, users and hosts have them", () => {
    expect([identifier("oracle_staging"), owner("0:0"), dockerHost("ssh://me@host:22")]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(image(`app@sha256:${"a".repeat(64)}`)).toBeUndefined();
  });
});
