// The look at the machine: real sockets, and a stand-in for Docker's API that counts what it is asked.
import { mkdtempSync, rmSync } from "node:fs";
import { createServer as createHttp, type Server as HttpServer } from "node:http";
import { type AddressInfo, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { checkStaging, type Edit, put } from "./testing.ts";

interface FakeContainer {
  Names: string[];
  Labels: Record<string, string>;
  Ports: { IP: string; PublicPort: number; Type: string }[];
}

const folder = mkdtempSync(join(tmpdir(), "tandem-docker-"));
const socket = join(folder, "docker.sock");
let containers: FakeContainer[] = [];
let methods: string[] = [];
let docker: HttpServer;

beforeAll(async () => {
  docker = createHttp((request, response) => {
    methods.push(request.method ?? "");
    const body = request.url === "/info" ? { NCPU: 2, MemTotal: 4 * 1024 ** 3 } : containers;
    response.end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => docker.listen(socket, resolve));
});

afterAll(() => {
  docker.close();
  rmSync(folder, { recursive: true });
});

beforeEach(() => {
  containers = [];
  methods = [];
});

const deep = (...edits: Edit[]) =>
  checkStaging([put("oracle:dockerHost", `unix://${socket}`), ...edits], {}, true);

function container(port: number, labels: Record<string, string> = {}): FakeContainer {
  return {
    Names: ["/somebody"],
    Labels: labels,
    Ports: [{ IP: "127.0.0.1", PublicPort: port, Type: "tcp" }],
  };
}

async function listen(run: (port: number) => Promise<void>): Promise<void> {
  const server: Server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    await run((server.address() as AddressInfo).port);
  } finally {
    server.close();
  }
}

/** Ports that nobody has, so that a real Oracle on this machine is no stranger to these tests. */
const free = [put("oracle:hostPort", "41873"), put("oracle:postgresPort", "41874")];

describe("the look at the machine", () => {
  it("finds nothing wrong where nothing is", async () => {
    expect(await deep(...free)).toEqual([]);
  });

  it("asks Docker with GET only", async () => {
    containers = [container(41_873)];
    await deep(...free);
    expect(new Set(methods)).toEqual(new Set(["GET"]));
  });

  it("names the program that has a port", async () => {
    await listen(async (port) => {
      const problems = await deep(...free, put("oracle:hostPort", String(port)));
      expect(problems).toMatchObject([{ kind: "port-taken", key: "oracle:hostPort", severity: "error" }]);
      if (process.platform === "linux") expect(problems[0]?.reason).toContain(`(process ${process.pid})`);
      expect(problems[0]?.fix).toMatch(/^pulumi config set oracle:hostPort \d+ --stack staging$/);
      expect(problems[0]?.fix).not.toContain(` ${port} `);
    });
  });

  it("names the container that has a port", async () => {
    containers = [container(41_873, { "tandem.system": "oracle", "tandem.environment": "production" })];
    const problems = await deep(...free);
    expect(problems).toMatchObject([{ kind: "port-taken", key: "oracle:hostPort" }]);
    expect(problems[0]?.reason).toContain("the container somebody");
  });

  it("knows the environment's own containers", async () => {
    await listen(async (port) => {
      containers = [container(port, { "tandem.system": "oracle", "tandem.environment": "staging" })];
      expect(await deep(...free, put("oracle:hostPort", String(port)))).toEqual([]);
    });
  });

  it("finds an address that the machine lacks", async () => {
    const problems = await deep(...free, put("oracle:bindAddress", "203.0.113.7"));
    expect(problems).toMatchObject([{ kind: "foreign-address", key: "oracle:bindAddress" }]);
  });

  it("finds limits beyond the machine", async () => {
    const problems = await deep(...free, put("oracle:limits", "{app: {memory: 5g}, redis: {cpus: 3}}"));
    expect(problems.map(({ kind, key }) => [kind, key])).toEqual([
      ["beyond-host", "oracle:limits.app.memory"],
      ["beyond-host", "oracle:limits.redis.cpus"],
    ]);
    expect(problems[0]?.fix).toBe("pulumi config set --path oracle:limits.app.memory 2048m --stack staging");
  });

  it("warns of limits that are too much together", async () => {
    const problems = await deep(...free, put("oracle:replicas", "8"));
    expect(problems).toMatchObject([{ kind: "over-budget", severity: "warning" }]);
  });

  it("finds a Docker that isn't there", async () => {
    const problems = await checkStaging(
      [...free, put("oracle:dockerHost", "unix:///nowhere/docker.sock")],
      {},
      true,
    );
    expect(problems).toMatchObject([{ kind: "docker-unreachable", key: "oracle:dockerHost" }]);
  });

  it("looks at forwarded ports, but not at another machine's", async () => {
    await listen(async (port) => {
      const remote = [
        put("oracle:dockerHost", "ssh://me@server.example.com"),
        put("oracle:hostPort", String(port)),
      ];
      const forward = put("oracle:postgresForwardPort", String(port));
      const problems = await checkStaging([...free, ...remote, forward], {}, true);
      expect(problems).toMatchObject([{ kind: "port-taken", key: "oracle:postgresForwardPort" }]);
    });
  });
});
