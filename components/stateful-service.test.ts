// A service that keeps data: its volumes and guards, what a preset makes of it, and arguments that are refused.
import * as pulumi from "@pulumi/pulumi";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Environment } from "./environment.ts";
import { PRESETS } from "./presets.ts";
import { StatefulService, type StatefulServiceArgs } from "./stateful-service.ts";
import { only, type Registered, recordResources, settled } from "./testing/mocks.ts";

const CONTAINER = "docker:index/container:Container";
const GUARD = "tandem:data:Guard";
const limits = { cpus: 1, memoryMb: 400, pids: 200 };
let registered: Registered[];
let env: Environment;

beforeEach(async () => {
  registered = await recordResources();
  env = new Environment("staging", { system: "shop", environment: "staging" });
});
afterEach(() => pulumi.runtime.disconnect());

const service = (args: Partial<StatefulServiceArgs>, name = "db") =>
  new StatefulService(name, { env, image: "store:1", limits, ...args });
const own: Partial<StatefulServiceArgs> = {
  port: 7700,
  health: { tcp: true },
  user: "1001:1001",
  data: "/data",
};

describe("a StatefulService", () => {
  it("is found by its own name, has a guarded volume of its user's, and time to end", async () => {
    const made = service(own);
    await pulumi.runtime.disconnect();
    const container = only(registered, CONTAINER).inputs;
    expect(container).toMatchObject({ stopTimeout: 120, user: "1001:1001", readOnly: true });
    expect(container.networksAdvanced[0].aliases).toEqual(["db"]);
    expect(container.volumes[0]).toMatchObject({ volumeName: "shop_staging_dbdata", containerPath: "/data" });
    expect(only(registered, GUARD).inputs.identity).toMatchObject({
      volume: "shop_staging_dbdata",
      path: "/data",
    });
    expect(only(registered, "tandem:docker:VolumeOwner").inputs).toMatchObject({ owner: "1001:1001" });
    expect(only(registered, "tandem:docker:ContainerStart").inputs).toMatchObject({ stopFirst: true });
    expect(made.host).toBe("db");
    expect((await settled(made.port)).value).toBe(7700);
    expect(made.url).toBeUndefined();
    expect(registered.map(({ type }) => type)).not.toContain("tandem:data:Dump");
  });

  it("names the guards of several volumes by their place, so that another role is a change that they see", async () => {
    service({ ...own, data: { blobs: "/blobs", index: "/index" } });
    await pulumi.runtime.disconnect();
    expect(registered.filter(({ type }) => type === GUARD).map(({ name }) => name)).toEqual([
      "db-guard",
      "db-2-guard",
    ]);
  });

  it("dumps by its own command before it gets another image, into a volume that it doesn't have", async () => {
    service({ ...own, dump: { command: ["store", "dump"], restore: ["store", "load"] }, restorePoints: 5 });
    await pulumi.runtime.disconnect();
    expect(only(registered, "tandem:data:Dump").inputs).toMatchObject({
      ...{ service: "db", volume: "shop_staging_dbdumps", keep: 5, command: ["store", "dump"] },
      imageId: "sha256:store:1",
    });
    expect(JSON.stringify(only(registered, CONTAINER).inputs.volumes)).not.toContain("dumps");
  });

  it.each<[Partial<StatefulServiceArgs>, RegExp]>([
    [{ ...own, port: undefined as never }, /port is missing/],
    [{ ...own, health: undefined as never }, /health is missing/],
    [{ ...own, user: "image" }, /owner is missing: `user` doesn't say the numbers/],
    [{ ...own, data: {} }, /data is empty/],
    [{ ...own, data: { a: "data" } }, /data\['a'\]/],
    [{ ...own, login: { user: "app" } }, /login needs a preset/],
    [{ ...own, dump: { command: [], restore: ["x"] } }, /dump\.command/],
    [{ ...own, restorePoints: -1 }, /restorePoints/],
    [{ preset: "oracle" as never }, /preset is 'oracle'; it must be one of mariadb/],
    [{ preset: "mariadb", secretsAs: "env" }, /secretsAs is 'env', and this preset's commands read/],
    [{ preset: "mariadb", login: { user: "a-b" } }, /login\.user is 'a-b'/],
    [{ preset: "mariadb", login: { password: "a b" } }, /login\.password must be 8 to 128/],
    [
      { preset: "mariadb", environment: { MARIADB_PASSWORD: "x" } },
      /MARIADB_PASSWORD stands in environment and in/,
    ],
  ])("refuses %o", (args, message) => {
    expect(() => service(args)).toThrow(message);
  });

  it("refuses a name that resolvers don't take, and a second one that would write the same volume", () => {
    expect(() => service(own, "DB")).toThrow(/name is 'DB'; a name on the network/);
    service({ ...own, data: { shared: "/data" } });
    expect(() => service({ ...own, data: { shared: "/data" } }, "other")).toThrow(
      /data is 'shared', as that of/,
    );
  });
});

describe("a preset", () => {
  it("fills in what the image needs; what the topology says wins", async () => {
    const db = service({
      preset: "mariadb",
      environment: { MARIADB_AUTO_UPGRADE: "0" },
      stopGraceSeconds: 9,
    });
    await pulumi.runtime.disconnect();
    const container = only(registered, CONTAINER).inputs;
    expect(container.command).toEqual(["mariadbd", "--innodb-buffer-pool-size=200M"]);
    expect(only(registered, GUARD, "db-guard").inputs.identity.made).toBe("login app, database shop_staging");
    expect(container.stopTimeout).toBe(9);
    expect(container.envs).toEqual([
      "MARIADB_AUTO_UPGRADE=0",
      "MARIADB_DATABASE=shop_staging",
      "MARIADB_PASSWORD_FILE=/run/secrets/MARIADB_PASSWORD",
      "MARIADB_ROOT_HOST=localhost",
      "MARIADB_ROOT_PASSWORD_FILE=/run/secrets/MARIADB_ROOT_PASSWORD",
      "MARIADB_USER=app",
    ]);
    const url = await settled(db.url as pulumi.Output<string>);
    expect(url).toEqual({ value: "mysql://app:generated-db-password@db:3306/shop_staging", secret: true });
    expect((await settled(db.password as pulumi.Output<string>)).secret).toBe(true);
  });

  it("takes nothing from an argument that has no value", async () => {
    service({ preset: "mariadb", stopGraceSeconds: undefined, port: undefined, user: undefined });
    await pulumi.runtime.disconnect();
    expect(only(registered, CONTAINER).inputs).toMatchObject({ stopTimeout: 120, user: "999:999" });
  });

  it("takes the login of data that was there before", async () => {
    const login = { user: "wp", database: "wordpress", password: pulumi.secret("from-before") };
    const db = service({ preset: "mariadb", login });
    await pulumi.runtime.disconnect();
    const { value } = await settled(db.url as pulumi.Output<string>);
    expect(value).toBe("mysql://wp:from-before@db:3306/wordpress");
    const { identity } = only(registered, GUARD, "db-guard").inputs;
    expect(identity.fingerprint).toMatch(/^[0-9a-f]{16}$/);
    expect(JSON.stringify(identity)).not.toContain("from-before");
    expect(registered.map(({ name }) => name)).not.toContain("db-password");
  });

  it.each(
    Object.entries(PRESETS),
  )("%s: has no text that isn't filled in, no secret in a variable, and every part", async (name, preset) => {
    const made = service({ preset: name as keyof typeof PRESETS });
    await pulumi.runtime.disconnect();
    const container = only(registered, CONTAINER).inputs;
    const start = only(registered, "tandem:docker:ContainerStart").inputs;
    expect(JSON.stringify([container, start])).not.toMatch(
      /\{(user|password|root|database|host|port|memory:\d+)\}/,
    );
    expect(JSON.stringify(container)).not.toMatch(/generated-/);
    expect((await settled(made.port)).value).toBe(preset.port);
    expect(preset.user).toMatch(/^[1-9]\d*:[1-9]\d*$/);
    expect(preset.stopGraceSeconds).toBeGreaterThanOrEqual(10);
    if ("data" in preset) expect(only(registered, GUARD, "db-guard").inputs.identity.path).toBe(preset.data);
  });
});
