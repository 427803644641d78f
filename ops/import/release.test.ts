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

it("a variable that is empty in one service and missing in another is no common one", async () => {
  const { topology } = await folder.kamal(
    "servers: { web: { hosts: [localhost], env: { clear: { A_FLAG: '' } } }, job: { hosts: [localhost], cmd: bin/jobs } }",
  );
  expect(topology).toMatch(/services: \{\s+web: \{[\s\S]*A_FLAG: ""[\s\S]*job: \{/);
});

it("each service has its command, also where all have the same: a release has none", async () => {
  const { topology } = await folder.kamal(
    "servers: { web: { hosts: [localhost], cmd: serve }, job: { hosts: [localhost], cmd: serve } }",
  );
  expect(topology.match(/command: \["serve"\]/g)).toHaveLength(2);
  expect(topology).not.toMatch(/^ {4}command/m);
});

it("a role that is called as what ends by itself is a service as all of Kamal's roles are", async () => {
  const { plan, topology } = await folder.kamal(
    "servers: { web: [localhost], migrate: { hosts: [localhost], cmd: migrate all, options: { restart: 'no' } } }",
  );
  expect(plan.apps.map(({ service }) => service.role)).toEqual(["web", "migrate"]);
  expect(topology).not.toContain("migration:");
});

it("waits for the accessory whose secret its services have", async () => {
  const accessories =
    'accessories: { data: { image: "mysql:8.4", host: localhost, env: { secret: [MYSQL_ROOT_PASSWORD] } } }';
  const secrets = { ".kamal/secrets": "MYSQL_ROOT_PASSWORD=hunter2-mysql\n" };
  const env = "env: { secret: [MYSQL_ROOT_PASSWORD] }";
  const several = await folder.kamal(
    `servers: { web: [localhost], job: { hosts: [localhost], cmd: bin/jobs } }\n${env}\n${accessories}`,
    secrets,
  );
  expect(several.topology).toMatch(
    /new Release\("app", \{[\s\S]*dependsOn: \[\.\.\.data\.ready\],\s+services:/,
  );
  const one = await folder.kamal(`${env}\n${accessories}`, secrets);
  expect(one.topology).toMatch(/new AppService\("web", \{[\s\S]*dependsOn: \[\.\.\.data\.ready\]/);
  expect(one.topology.indexOf("const data =")).toBeLessThan(one.topology.indexOf("const web ="));
});
