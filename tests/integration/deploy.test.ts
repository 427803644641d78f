// Deploys that nobody notices: The Oracle changed in every way under load, and WebSockets through deploys. The full load
// and number are those of tests/faults/deploy.test.ts.
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { readEntries } from "../../provider/postgres/migrations/log.ts";
import { APP_HOST, backendProgram, type Release } from "../support/backend-program.ts";
import { together } from "../support/deploys.ts";
import { docker } from "../support/docker.ts";
import { dockerOk } from "../support/docker-cli.ts";
import { failuresByReason, percentile } from "../support/load.ts";
import { GENTLE_RATE, LoadedOracle } from "../support/loaded-oracle.ts";
import { TestProgram } from "../support/program.ts";
import { freePort, type TestProject } from "../support/project.ts";

/** Runs SQL in staging's database, as its administrator. */
function sql({ name }: TestProject, statement: string): Promise<string> {
  const [server, database] = [`${name}_staging_postgres`, `${name}_staging`.replaceAll("-", "_")];
  return dockerOk(["exec", server, "psql", "-qXAt", "-U", "postgres", "-d", database, "-c", statement]);
}

describe("The Oracle under 60 requests a second, half of them slow, and uploads of 20 MB", () => {
  let oracle: LoadedOracle;

  beforeAll(async () => {
    oracle = await LoadedOracle.start({ watchSeconds: 3 }, GENTLE_RATE);
  });

  afterAll(() => oracle?.remove());

  it("loses no request to a new image, environment, gateway settings, secret or limits", async () => {
    const quiet = await oracle.quiet(15);
    expect(failuresByReason(quiet)).toEqual({});
    const all = together((await oracle.deploys.run(5)).map(({ report }) => report));
    expect(failuresByReason(all)).toEqual({});
    expect(percentile(all, 0.99)).toBeLessThan(2 * percentile(quiet, 0.99));
    expect(all.latencies.upload.length).toBeGreaterThan(5);
  });

  it("ran the migration for the new image only: with other settings nothing was pending", async () => {
    await oracle.load.stop();
    expect(migrations()).toHaveLength(2);
    expect(new Set(migrations().map(({ imageId }) => imageId)).size).toBe(2);
  });

  it("runs it for other settings too where the database lacks something", async () => {
    const { project } = oracle;
    const rename = (from: string, to: string) =>
      sql(project, `UPDATE pgmigrations SET name = '${to}' WHERE name = '${from}'`);
    await rename("0002_note_embeddings", "0002_something_else");
    project.configure("staging", { banner: "PENDING" });
    const up = await project.tandem(["up", "staging", "--yes"]);
    // Its tool finds the names out of order, and says so: that it was asked is what counts.
    expect(up.exitCode, up.output).not.toBe(0);
    expect(migrations().at(-1)).toMatchObject({ result: "failed", pending: ["0002_note_embeddings.sql"] });
    await rename("0002_something_else", "0002_note_embeddings");
    const again = await project.tandem(["up", "staging", "--yes"]);
    expect(again.exitCode, again.output).toBe(0);
    expect(migrations()).toHaveLength(3);
  });

  const migrations = () =>
    readEntries(join(oracle.project.home, "history", oracle.project.name, "staging", "migrations.jsonl"));
});

describe("200 WebSockets to two containers", () => {
  const SOCKETS = 200;
  const REPLICAS = 2;
  let program: TestProgram;
  let port: number;
  let release: Release = { version: "1", replicas: REPLICAS };

  beforeAll(async () => {
    port = await freePort();
    program = await TestProgram.create(backendProgram(port, release));
    await up({});
  });

  afterAll(() => program?.remove());

  async function up(change: Partial<Release>): Promise<void> {
    release = { ...release, ...change };
    program.write(backendProgram(port, release));
    const { exitCode, output } = await program.pulumi("up", "--yes", "--skip-preview");
    expect(exitCode, output).toBe(0);
  }

  /** Opens one; `closes` collects the codes with which it and its successors are closed. */
  function connect(closes: number[], versions: string[], reconnect: () => boolean): WebSocket[] {
    const open: WebSocket[] = [];
    const start = () => {
      const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`, { headers: { host: APP_HOST } });
      socket.on("message", (data) => versions.push(data.toString()));
      socket.on("error", () => closes.push(-1));
      socket.on("close", (code) => {
        closes.push(code);
        if (reconnect()) start();
      });
      open.push(socket);
    };
    for (let count = 0; count < SOCKETS; count++) start();
    return open;
  }

  /** The fewest running containers that the route led to at one moment, until the work is done. */
  async function fewestServing(work: Promise<void>): Promise<number> {
    const gateway = `${program.system}_dev_gateway`;
    const files = [
      "exec",
      gateway,
      "sh",
      "-c",
      "for file in /config/upstreams/app.[0-9]; do cat $file; echo; done",
    ];
    const filters = JSON.stringify({ label: [`tandem.system=${program.system}`, "tandem.component=app"] });
    let over = false;
    const done = work.finally(() => {
      over = true;
    });
    let fewest = Number.POSITIVE_INFINITY;
    while (!over) {
      // In this order: what the route led to a moment ago must run still.
      const upstreams = (await dockerOk(files)).match(/[^:\s]+(?=:8080)/g) ?? [];
      const running = (await docker.listContainers({ filters })).flatMap(({ Names }) => Names);
      const serving = new Set(upstreams.filter((name) => running.includes(`/${name}`)));
      fewest = Math.min(fewest, serving.size);
      await sleep(100);
    }
    await done;
    return fewest;
  }

  it("stay open through a deploy of another service and a change of the gateway; their own closes each in order", async () => {
    const closes: number[] = [];
    const versions: string[] = [];
    let reconnect = true;
    const sockets = connect(closes, versions, () => reconnect);
    await expect.poll(() => versions.length, { timeout: 60_000 }).toBeGreaterThanOrEqual(SOCKETS);
    const gateway = `${program.system}_dev_gateway`;
    const { State } = await docker.getContainer(gateway).inspect();
    const story = `${JSON.stringify(State)}\n${await dockerOk(["logs", "--tail", "30", gateway])}`;
    expect({ messages: versions.length, closes }, story).toEqual({ messages: SOCKETS, closes: [] });
    await up({ beside: "2" });
    expect(closes).toEqual([]);
    await up({ noindex: true, gatewayCpus: 0.8 });
    expect(closes).toEqual([]);

    expect(await fewestServing(up({ version: "2" }))).toBe(REPLICAS);
    await expect
      .poll(() => versions.filter((version) => version === "2").length, { timeout: 20_000 })
      .toBe(SOCKETS);
    expect(closes).toEqual(Array(SOCKETS).fill(1001));
    reconnect = false;
    for (const socket of sockets) socket.terminate();
  });
});
