// Variables that a stack gives a service: they arrive in it and in its migration, and never in the place of the topology's.
import * as pulumi from "@pulumi/pulumi";
import { afterEach, beforeEach, expect, it } from "vitest";
import { AppService, type AppServiceArgs } from "./app-service.ts";
import { Environment } from "./environment.ts";
import type { GivenVariables } from "./given-variables.ts";
import { only, type Registered, recordResources } from "./testing/mocks.ts";

const CONTAINER = "docker:index/container:Container";
const limits = { cpus: 0.5, memoryMb: 256, pids: 100 };
let registered: Registered[];

beforeEach(async () => {
  registered = await recordResources();
});

afterEach(() => pulumi.runtime.disconnect());

function service(variables: GivenVariables, extra: Partial<AppServiceArgs> = {}): Environment {
  const removeCommand = (...words: string[]) => `remove ${words.join(".")}`;
  const env = new Environment("staging", {
    system: "shop",
    environment: "staging",
    variables: { ...variables, removeCommand },
  });
  new AppService("app", {
    env,
    image: "app:1.0.0",
    health: { command: ["true"] },
    limits,
    environment: { PORT: "80" },
    secrets: { DATABASE_URL: "of the topology" },
    migration: { command: ["migrate"], secrets: { MIGRATE_URL: "of the owner" } },
    ...extra,
  });
  return env;
}

const given = {
  environment: { app: { FEATURE_X: "on" }, other: { A: "1" } },
  secrets: { app: { API_KEY: pulumi.secret("hunter2") } },
};

it("arrive in the containers and in the migration", async () => {
  const env = service(given);
  await pulumi.runtime.disconnect();
  // Wrapped as a secret, as a whole.
  expect(only(registered, CONTAINER).inputs.envs.value).toEqual([
    "API_KEY=hunter2",
    "DATABASE_URL=of the topology",
    "FEATURE_X=on",
    "PORT=80",
  ]);
  expect(only(registered, "tandem:docker:Migration").inputs.environment.value).toMatchObject({
    API_KEY: "hunter2",
    FEATURE_X: "on",
    MIGRATE_URL: "of the owner",
  });
  expect(env.variables.untaken()).toEqual(["other"]);
});

it("go the way of the service's secrets, and the service states their names only", async () => {
  service(given, { secretsAs: "files" });
  await pulumi.runtime.disconnect();
  expect(only(registered, CONTAINER).inputs.envs).toContain("API_KEY_FILE=/run/secrets/API_KEY");
  expect(only(registered, "tandem:docker:ContainerStart").inputs.files.value).toMatchObject({
    "/run/secrets/API_KEY": "hunter2",
  });
  const { inputs } = only(registered, "tandem:index:AppService");
  expect(inputs).toEqual({
    environment: { PORT: "80", FEATURE_X: "on" },
    secrets: ["API_KEY", "DATABASE_URL"],
  });
});

it("leave a service as it is to which the stack gives none", async () => {
  service({ environment: { app: {} }, secrets: {} });
  await pulumi.runtime.disconnect();
  expect(only(registered, "tandem:index:AppService").inputs).toEqual({
    environment: { PORT: "80" },
    secrets: ["DATABASE_URL"],
  });
});

it.each<[string, GivenVariables, Partial<AppServiceArgs>, RegExp]>([
  [
    "a plain one",
    { environment: { app: { PORT: "81" } } },
    {},
    /PORT of the stack's environment .* in environment; take it out: remove environment\.app\.PORT/,
  ],
  ["a secret one", { secrets: { app: { PORT: "x" } } }, {}, /remove secrets\.app\.PORT/],
  [
    "one that is a secret of the topology",
    { environment: { app: { DATABASE_URL: "x" } } },
    {},
    /in secrets;/,
  ],
  ["one of the migration", { secrets: { app: { MIGRATE_URL: "x" } } }, {}, /in migration\.secrets;/],
  [
    "the name of a secret's file",
    { environment: { app: { DATABASE_URL_FILE: "/x" } } },
    { secretsAs: "files" },
    /as the file of DATABASE_URL;/,
  ],
  [
    "the name of the file of a secret that the stack gives",
    { environment: { app: { TOKEN_FILE: "/x" } }, secrets: { app: { TOKEN: "x" } } },
    { secretsAs: "files" },
    /names the file of the secret TOKEN/,
  ],
])("are refused before the service is registered where the topology sets it: %s", async (_, variables, extra, message) => {
  expect(() => service(variables, extra)).toThrow(message);
  await pulumi.runtime.disconnect();
  expect(registered.filter(({ type }) => /AppService|Image|Container|Migration/.test(type))).toEqual([]);
});

it("are all named at once where several are refused", () => {
  const variables = { environment: { app: { PORT: "81" } }, secrets: { app: { DATABASE_URL: "x" } } };
  expect(() => service(variables)).toThrow(/PORT[\s\S]*DATABASE_URL/);
});
