// `tandem parity` on the real engine: the two programs as they resolve, without an environment that runs.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TestProject } from "../support/project.ts";

interface Found {
  differences: { kind: string; path: string; values: (string | undefined)[]; reason?: string }[];
  stale: string[];
}

let project: TestProject;

beforeAll(async () => {
  project = await TestProject.create();
  await project.setSecret("production", "voipToken", "canary-voip-token");
});
afterAll(() => project.remove());

/** Runs the command for its document. */
async function parity(): Promise<{ exitCode: number; output: string; found: Found }> {
  const { exitCode, output } = await project.tandem(["parity", "--json"]);
  const json = output.slice(output.indexOf("\n{\n") + 1, output.lastIndexOf("\n}") + 2);
  return { exitCode, output, found: JSON.parse(json) as Found };
}

describe("tandem parity", () => {
  it("finds a secret that only one has, without showing it, and nothing else", async () => {
    const { exitCode, output, found } = await parity();
    const wrong = found.differences.filter(({ reason }) => reason === undefined);
    expect(wrong.map(({ kind, path }) => `${kind} ${path}`)).toEqual([
      "setting setting:voipToken",
      "environment AppService:app.secrets.VOIP_TOKEN",
      // With a secret among them the engine hides its variables altogether.
      "environment Migration:app-migration.environment",
    ]);
    expect(exitCode).toBe(2);
    expect(output).not.toContain("canary-voip-token");
  });

  it("ends with 0 where only the allowed differs, and names what allows nothing any more", async () => {
    await project.setSecret("staging", "voipToken", "another-canary-token");
    const { exitCode, output, found } = await parity();
    expect(exitCode, output).toBe(0);
    expect(found.differences.find(({ path }) => path === "setting:hostname")).toMatchObject({
      values: ["staging-oracle.localhost", "theoracle.localhost"],
      reason: "each has its own domain",
    });
    // This project protects nothing, unlike the tracked stack files.
    expect(found.stale).toEqual(["setting:protectData", "*.protect"]);
  });

  it("finds changes of image, limits, health and routing in what the engine would make of them", async () => {
    project.configure("production", {
      redisImage: "pgvector/pgvector:0.8.2-pg17-trixie",
      limits: { app: { memory: "640m" } },
      healthTimeoutSeconds: 33,
      watchErrorPercent: 50,
      replicas: 2,
    });
    const { exitCode, found } = await parity();
    expect(exitCode).toBe(2);
    const wrong = found.differences.filter(({ reason }) => reason === undefined);
    const paths = wrong.map(({ kind, path }) => `${kind} ${path}`);
    expect(paths).toEqual(
      expect.arrayContaining([
        "setting setting:replicas",
        "service Container:app-2",
        "image Image:redis-image.reference",
        "version Image:redis-image.imageId",
        "limit Container:app-1.memory",
        "health check ContainerStart:app-1-start.healthTimeoutSeconds",
        "middleware Route:app-route.watchErrorPercent",
      ]),
    );
  });

  it("ends with 1 where a stack can't be resolved", async () => {
    project.configure("production", { healthTimeoutSeconds: "soon" });
    const wrong = await project.tandem(["parity"]);
    expect(wrong.exitCode, wrong.output).toBe(1);
    expect(wrong.output).toContain("healthTimeoutSeconds");
  });
});
