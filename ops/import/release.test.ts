// What services of one image have in common is said once, for their release, and what is one's own stays with it.
import { afterEach, beforeEach, expect, it } from "vitest";
import { parse } from "yaml";
import { readStack } from "../../infra/check/index.ts";
import { KamalFolder } from "./kamal/testing.ts";

let folder: KamalFolder;

beforeEach(() => {
  folder = new KamalFolder();
});

afterEach(() => folder.remove());

const ROLES = `servers:
  web: [localhost]
  job: { hosts: [localhost], cmd: bin/jobs, env: { clear: { LOG: debug, OWN: job }, secret: [JOB_KEY] } }
env: { clear: { ALL: same, LOG: info }, secret: [API_KEY, ASKED] }
`;
const SECRETS = { ".kamal/secrets": "API_KEY=hunter2-api\nJOB_KEY=hunter2-job\n" };

it("a variable that all have alike is the release's, also encrypted, and any other one its service's", async () => {
  const { plan, topology, told } = await folder.kamal(ROLES, SECRETS);
  expect(topology).toMatch(/environment: \{\s+ALL: "same",\s+\},\s+services:/);
  expect(topology).toMatch(/web: \{[\s\S]*LOG: "info"[\s\S]*job: \{[\s\S]*LOG: "debug",\s+OWN: "job"/);
  expect(plan.release?.variables.sealed.production).toEqual({ API_KEY: "hunter2-api" });
  const job = plan.apps.find(({ service }) => service.role === "job");
  expect(job?.variables.sealed.production).toEqual({ JOB_KEY: "hunter2-job" });
  expect(told.match(/ASKED of production has no value/g)).toHaveLength(1);
  expect(told).toMatch(/config set --path shop:secrets\.app\.ASKED --secret/);
});

it("a role of one environment is switched on there, and passes the check in both", async () => {
  const { plan, topology, text, files } = await folder.kamal(ROLES, {
    ...SECRETS,
    "config/deploy.staging.yml": "servers: { job: { hosts: [] } }\n",
  });
  expect(topology).toMatch(/\.\.\.\(settings\.jobEnabled\s+\? \{\s+job: \{[\s\S]+\},\s+\}\s+: \{\}\),/);
  expect(parse(text("Pulumi.production.yaml")).config["shop:jobEnabled"]).toBe(true);
  await folder.import({}, true);
  for (const stack of ["staging", "production"]) {
    const { problems } = await readStack({ projectDir: plan.target, stack, deep: false });
    expect(problems).toEqual([]);
  }
  expect([...files.values()].join("\n")).not.toContain("hunter2");
});

it("an image that isn't built here is one setting for all of them", async () => {
  const { settings, text } = await folder.kamal(
    `${ROLES}builder: { arch: amd64, pack: { builder: x } }`,
    SECRETS,
  );
  expect(settings).toContain('images: { appImage: ["web", "job"] }');
  expect(parse(text("Pulumi.production.yaml")).config["shop:appImage"]).toBe(
    "registry.example.com/acme/shop",
  );
});
