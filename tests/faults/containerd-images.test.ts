// The Oracle on the newest Docker that can be had, with containerd's image store, where an image's id is its manifest's
// digest: up, answered, no change left, and down again. In the long form only; the daemon is one of the test's own.
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { recordSoak } from "../../bench/soak.ts";
import { appReference, catalog } from "../../setup/images/catalog.ts";
import { dockerRoot } from "../support/docker-versions.ts";
import { OwnDocker } from "../support/own-docker.ts";
import { TestProject } from "../support/project.ts";

const obstacle = process.env.TANDEM_SOAK === undefined ? "not the long form" : await OwnDocker.obstacle();

/** Asks a gateway for the app's version where the daemon's ports are. */
const ASK = `
const [port, host] = process.argv.slice(1);
require("node:http").get({ host: "127.0.0.1", port, path: "/version", headers: { host } }, (answer) => {
  answer.setEncoding("utf8").on("data", (text) => process.stdout.write(text));
  answer.on("end", () => process.exit(answer.statusCode === 200 ? 0 : 1));
});`;

describe.skipIf(obstacle !== undefined)("The Oracle on Docker 28.5 with containerd's image store", () => {
  let own: OwnDocker;
  let project: TestProject;
  /** Words before a command line that needs the daemon's ports, and this machine's files and processes. */
  let inside: string[];
  const findings: Record<string, string> = {};
  let passed = false;

  beforeAll(async () => {
    const images = [...catalog.map(({ reference }) => reference), appReference()];
    own = await OwnDocker.start(images, { root: await dockerRoot("28.5"), containerdImages: true });
    project = await TestProject.create({
      staging: { dockerHost: own.host },
      production: { dockerHost: own.host },
    });
    inside = own.inside.filter((word) => word !== "--mount" && word !== "--pid");
    project.inside = inside;
    project.docker = own.client;
  });

  afterAll(async () => {
    await project?.remove();
    await own?.remove();
    const what =
      "staging and production brought up, asked, previewed and taken down on a Docker of the test's own";
    recordSoak("The Oracle on Docker 28.5 with containerd's image store", { what, passed, findings });
  });

  it("comes up, answers, has no change left, and goes", async () => {
    const { DriverStatus } = await own.client.info();
    expect(JSON.stringify(DriverStatus)).toContain("io.containerd.snapshotter");
    findings.engine = `Docker ${(await own.client.version()).Version}, ${JSON.stringify(DriverStatus)}`;
    for (const stack of ["staging", "production"]) {
      const up = await project.tandem(["up", stack]);
      expect(up.exitCode, up.output).toBe(0);
      const { hostPort, hostname } = project.config(stack);
      const [program = "", ...words] = [...inside, process.execPath, "-e", ASK];
      const { stdout } = await execa(program, [...words, String(hostPort), String(hostname)]);
      expect(JSON.parse(stdout)).toHaveProperty("commit");
      const preview = await project.tandem(["preview", stack, "--expect-no-changes"]);
      expect(preview.exitCode, preview.output).toBe(0);
      findings[stack] = `up in ${up.seconds.toFixed(0)} s, answers, no change left`;
    }
    for (const stack of ["staging", "production"]) {
      const confirm = stack === "production" ? ["--confirm", stack] : [];
      const down = await project.tandem(["down", stack, "--yes", ...confirm]);
      expect(down.exitCode, down.output).toBe(0);
    }
    const left = await own.client.listContainers({ all: true });
    expect(left.map(({ Names }) => Names.join())).toEqual([]);
    findings.down = "no container left";
    passed = true;
  });
});
