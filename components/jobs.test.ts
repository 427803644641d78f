// Jobs of a service, and jobs that must end before others start, with Pulumi's mocks.
import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { AppService, type AppServiceArgs } from "./app-service.ts";
import type { Environment } from "./environment.ts";
import { Job, type JobArgs } from "./job.ts";
import { only, type Registered } from "./testing/mocks.ts";
import { eachInStaging } from "./testing/staging.ts";

const CONTAINER = "docker:index/container:Container";
const START = "tandem:docker:ContainerStart";
const MIGRATION = "tandem:docker:Migration";
const limits = { cpus: 0.5, memoryMb: 256, pids: 100 };
const tidy = { schedule: "15 3 * * *", command: ["node", "it's.js"] };
let registered: Registered[];
let env: Environment;

eachInStaging((made) => {
  ({ registered, env } = made);
});

function service(extra: Partial<AppServiceArgs>): AppService {
  return new AppService("app", { env, image: "app:1.0.0", health: { command: ["true"] }, limits, ...extra });
}
const job = (extra: Partial<JobArgs> = {}) =>
  new Job("seed", { env, image: "app:1.0.0", command: ["seed"], limits, ...extra });

describe("the jobs of a service", () => {
  it("are run by one container of the same image, with the service's settings and nothing of its ports", async () => {
    service({
      jobs: { tidy, report: { ...tidy, schedule: "@daily", timeoutSeconds: 60 } },
      environment: { LEVEL: "info" },
      secrets: { TOKEN: "hunter2" },
      entrypoint: ["/entry"],
      timeZone: "Europe/Berlin",
      replace: "stop-first",
      publish: [{ port: 80, hostPort: 8080 }],
      stopSignal: "SIGINT",
      networks: ["other"],
    });
    await pulumi.runtime.disconnect();
    const { inputs } = only(registered, CONTAINER, "shop_staging_app-jobs");
    expect(inputs).toMatchObject({
      image: "sha256:app:1.0.0",
      envs: { value: ["LEVEL=info", "TOKEN=hunter2", "TZ=Europe/Berlin"] },
      user: "1000:1000",
      memory: 256,
      stopSignal: "SIGTERM",
    });
    expect(inputs.ports).toBeUndefined();
    // Files are secret: what a preview and a comparison tell of a schedule stands here.
    const stated = only(registered, "tandem:index:AppService", "app").inputs;
    expect(stated).toMatchObject({ jobs: { report: { schedule: "@daily", timeoutSeconds: 60 }, tidy } });
    expect(JSON.stringify(stated)).not.toContain("hunter2");
    expect(inputs.labels).toContainEqual({ label: "tandem.component", value: "app-jobs" });
    expect(inputs.labels).toContainEqual({ label: "tandem.jobs-of", value: "app" });
    expect(inputs.networksAdvanced.map(({ name }: { name: string }) => name)).toEqual([
      "shop_staging_network",
      "other",
    ]);
    const start = only(registered, START, "shop_staging_app-jobs-start").inputs;
    expect(start).toMatchObject({ stopFirst: true, scheduler: { entrypoint: ["/entry"] } });
    const files = start.files.value ?? start.files;
    expect(files["/run/tandem-jobs/crontab"]).toBe(
      "SHELL=/run/tandem/sh\nCRON_TZ=Europe/Berlin\n" +
        "0 0 0 * * * * . /run/tandem-jobs/report\n0 15 3 * * * * . /run/tandem-jobs/tidy\n",
    );
    expect(files["/run/tandem-jobs/tidy"]).toContain("set -- 'node' 'it'\\''s.js'\n");
    expect(files["/run/tandem-jobs/report"]).toContain('timeout -k 10 60 "$@"');
  });

  it("are no container where there are none", async () => {
    service({ jobs: {} });
    await pulumi.runtime.disconnect();
    expect(registered.filter(({ type }) => type === CONTAINER)).toHaveLength(1);
  });

  it.each([
    [
      { tidy: { ...tidy, schedule: "61 * * * *" } },
      /jobs\.tidy\.schedule is '61 \* \* \* \*': '61' is no minute/,
    ],
    [{ tidy: { ...tidy, command: [] } }, /jobs\.tidy\.command is empty/],
    [{ tidy: { ...tidy, timeoutSeconds: 0 } }, /jobs\.tidy\.timeoutSeconds/],
    [{ "Tidy Up": tidy }, /jobs\.Tidy Up must have a name of lower-case letters/],
    [{ crontab: tidy }, /jobs\.crontab must have a name/],
    [{ tidy: undefined }, /jobs\.tidy must be a schedule and a command/],
    [["tidy"], /jobs must be jobs by name/],
  ])("are refused before anything is made: %j", (jobs, said) => {
    expect(() => service({ jobs } as never)).toThrow(said);
  });

  it("can't be beside a service of the scheduler's name", () => {
    service({ jobs: { tidy } });
    expect(
      () => new AppService("app-jobs", { env, image: "a:1", health: { command: ["true"] }, limits }),
    ).toThrow(/'app-jobs' is the name of two components/);
  });
});

describe("a job that must end well before others start", () => {
  it("runs once, with what it was given, and others can wait for it", async () => {
    const seed = job({ secrets: { TOKEN: "hunter2" }, secretsAs: "files", timeoutSeconds: 5, user: "image" });
    service({ dependsOn: seed.ready });
    expect(seed.ready).toHaveLength(1);
    await pulumi.runtime.disconnect();
    const { inputs } = only(registered, MIGRATION, "seed-run");
    expect(inputs).toMatchObject({
      containerName: "shop_staging_seed_job",
      command: ["seed"],
      noun: "job",
      timeoutSeconds: 5,
      environment: { TOKEN_FILE: "/run/secrets/TOKEN" },
    });
    expect(inputs.user).toBeUndefined();
  });

  it("is refused before anything is made where its arguments can't be", () => {
    expect(() => job({ command: [] })).toThrow(/Job 'seed': command is empty/);
    expect(() => job({ limits: undefined as never })).toThrow(/limits\.cpus/);
  });
});
