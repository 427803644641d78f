// AppService with images that weren't made for Tandem: what the options become, what stays closed, and what is refused.
import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { AppService, type AppServiceArgs } from "./app-service.ts";
import { Environment } from "./environment.ts";
import { Gateway } from "./gateway.ts";
import { RedisInstance } from "./redis-instance.ts";
import { only, type Registered, recordResources } from "./testing/mocks.ts";
import { eachInStaging } from "./testing/staging.ts";

const CONTAINER = "docker:index/container:Container";
const START = "tandem:docker:ContainerStart";
let registered: Registered[];
let env: Environment;

eachInStaging((made) => {
  ({ registered, env } = made);
}, "oracle");

function service(extra: Partial<AppServiceArgs>): AppService {
  const limits = { cpus: 0.5, memoryMb: 256, pids: 100 };
  return new AppService("app", { env, image: "app:1", health: { command: ["true"] }, limits, ...extra });
}

async function container(extra: Partial<AppServiceArgs>) {
  service(extra);
  await pulumi.runtime.disconnect();
  const { labels, ...inputs } = only(registered, CONTAINER).inputs;
  const label = labels.find((each: { label: string }) => each.label === "tandem.opened")?.value;
  return { inputs, opened: label as string | undefined };
}

describe("a container of an image that wasn't made for Tandem", () => {
  it("says in a label what was opened of its hardening, and nothing where nothing was", async () => {
    const { inputs, opened } = await container({
      user: "image",
      writableRoot: true,
      capabilities: ["SETUID", "CHOWN", "NET_BIND_SERVICE"],
      gpus: "all",
      ulimits: { nofile: -1 },
    });
    expect(opened).toBe(
      "bounded-ulimits capabilities:CHOWN capabilities:SETUID no-devices non-root read-only-root",
    );
    expect(inputs.user).toBeUndefined();
    registered = await recordResources();
    env = new Environment("staging", { system: "oracle", environment: "staging" });
    expect((await container({ temporary: { "/cache": {} }, user: "7:7" })).opened).toBeUndefined();
  });

  it("keeps the image's files beside those that are put into a folder, unless its root is writable", async () => {
    const files = { "/etc/nginx/conf.d/app.conf": "x", "/data/a": "y", "/run/secrets/z": "z" };
    const volumes = [{ volume: "data", path: "/data" }];
    const { inputs } = await container({ files, volumes });
    const paths = inputs.volumes.map(({ containerPath }: { containerPath: string }) => containerPath);
    expect(paths).toEqual(["/data", "/etc/nginx/conf.d", "/run/secrets"]);
    registered = await recordResources();
    env = new Environment("staging", { system: "oracle", environment: "staging" });
    const open = await container({ files, volumes, writableRoot: true });
    expect(open.inputs.volumes.map((each: { containerPath: string }) => each.containerPath)).toEqual([
      "/data",
      "/run/secrets",
    ]);
  });

  it("asks by HTTP and TCP on the service's own port, unless another is named", async () => {
    const { inputs } = await container({ port: 3000, health: { http: "/up", host: "a.example.com" } });
    expect(inputs.healthcheck.tests).toEqual(expect.arrayContaining(["3000", "/up", "a.example.com"]));
    expect(only(registered, START).inputs.probe.folder).toBe("/run/tandem");
    registered = await recordResources();
    env = new Environment("staging", { system: "oracle", environment: "staging" });
    const other = await container({ port: 3000, health: { tcp: true, port: 9 } });
    expect(other.inputs.healthcheck.tests).toContain("9");
  });

  it("has the form of health check that has a value, whatever other is named without one", async () => {
    const { inputs } = await container({ health: { shell: undefined, command: ["true"] } as never });
    expect(inputs.healthcheck.tests).toEqual(["CMD", "true"]);
    expect(only(registered, START).inputs.probe).toBeUndefined();
    registered = await recordResources();
    env = new Environment("staging", { system: "oracle", environment: "staging" });
    const later = { command: undefined, http: undefined, shell: pulumi.output("exit 0") };
    expect((await container({ health: later as never })).inputs.healthcheck.tests).toEqual([
      "CMD-SHELL",
      "exit 0",
    ]);
  });

  it("says of a user that is root by any of its numbers what was opened", async () => {
    expect((await container({ user: "00:7" })).opened).toBe("non-root");
  });

  it("is no other component's by its role where it runs once: it would stop that one's containers", () => {
    new RedisInstance("store", { env, image: "redis:7", limits: { cpus: 0.5, memoryMb: 64, pids: 50 } });
    const limits = { cpus: 0.5, memoryMb: 256, pids: 100 };
    const once = {
      env,
      image: "app:1",
      health: { command: ["true"] },
      limits,
      replace: "stop-first" as const,
    };
    expect(() => new AppService("redis", once)).toThrow(/'redis' is the name of two components/);
    new AppService("app", once);
    expect(() => new RedisInstance("more", { env, image: "redis:7", limits, role: "app" })).toThrow(
      /two components/,
    );
  });

  it("C3: has its own name on the network where it runs once, or those that it is given, and nobody's else", async () => {
    expect((await container({ replace: "stop-first" })).inputs.networksAdvanced[0].aliases).toEqual(["app"]);
    registered = await recordResources();
    env = new Environment("staging", { system: "oracle", environment: "staging" });
    const named = await container({ replace: "stop-first", names: ["db", "mysql"] });
    expect(named.inputs.networksAdvanced[0].aliases).toEqual(["db", "mysql"]);
    const limits = { cpus: 0.5, memoryMb: 64, pids: 9 };
    const other = { env, image: "x:1", health: { command: ["true"] }, limits };
    expect(() => new AppService("db", { ...other, replace: "stop-first" })).toThrow(
      /AppService 'db': names has 'db', which AppService 'app' has as well/,
    );
  });

  it("C3: is led to by a name through a gateway that nobody else reaches", async () => {
    const gatewayLimits = { cpus: 0.5, memoryMb: 64, pids: 64 };
    const args = { env, role: "inside", image: "caddy:2", limits: gatewayLimits };
    const gateway = new Gateway("inside", { ...args, names: { pdf: 3000 } });
    service({ port: 8080, route: { gateway, hostnames: ["pdf"] } });
    await pulumi.runtime.disconnect();
    const made = only(registered, CONTAINER, "inside").inputs;
    expect(made.ports).toEqual([]);
    expect(made.networksAdvanced[0].aliases).toEqual(["pdf"]);
    registered = await recordResources();
    env = new Environment("staging", { system: "oracle", environment: "staging" });
    const again = { ...args, env };
    expect(() => new Gateway("inside", again)).toThrow(/hostPort is missing/);
    expect(() => new Gateway("inside", { ...again, role: "second", names: { pdf: 2019 } })).toThrow(
      /the gateway itself listens/,
    );
    const other = new Gateway("inside", { ...again, role: "third", names: { pdf: 3000 } });
    expect(() => service({ port: 1, route: { gateway: other, hostnames: ["csv"] } })).toThrow(
      /'csv', which isn't among the gateway's names/,
    );
  });

  it("B3: gets no variable that is undefined, and neither does its migration", async () => {
    service({
      environment: { SET: "1", UNSET: undefined },
      secrets: { KEY: undefined },
      migration: { command: ["migrate"], secrets: { URL: undefined, OTHER: "x" } },
    });
    await pulumi.runtime.disconnect();
    expect(only(registered, CONTAINER).inputs.envs).toEqual(["SET=1"]);
    const { environment } = only(registered, "tandem:docker:Migration").inputs;
    expect(Object.keys(environment.value ?? environment).sort()).toEqual(["OTHER", "SET"]);
    expect(() => service({ environment: { A: null as never } })).toThrow(/environment\.A/);
    expect(() => service({ environment: { A: {} as never } })).toThrow(/environment\.A/);
  });

  it.each<[string, Partial<AppServiceArgs>, RegExp]>([
    ["two forms of health check", { health: { shell: "x", tcp: true } as never }, /shell and tcp; give one/],
    ["a check by HTTP without a port", { health: { http: "/" } }, /health\.port is missing/],
    ["a path with a line break", { port: 1, health: { http: "/a\r\nX: y" } }, /health\.http/],
    ["no form at all", { health: { retries: 1 } as never }, /health\.command is empty/],
    [
      "ports beside a version that has them",
      { publish: [{ port: 1, hostPort: 2 }] },
      /replace must be stop-first/,
    ],
    ["one that may exist once, twice", { replace: "stop-first", replicas: 2 }, /replicas must be 1/],
    ["a name for two versions beside each other", { names: ["db"] }, /replace must be stop-first/],
    ["a name that nobody can ask for", { replace: "stop-first", names: ["a b"] }, /names is 'a b'/],
    ["a file in memory", { files: { "/tmp/a": "x" } }, /lies in \/tmp, a folder in memory/],
    ["a file in the root itself", { files: { "/a": "x" } }, /lies in \/, which is read-only/],
    [
      "a name from an output",
      { replace: "stop-first", names: pulumi.output(["db"]) as never },
      /names must be written down/,
    ],
    [
      "one of two names from an output",
      { replace: "stop-first", names: ["db", pulumi.output("x")] as never },
      /names must/,
    ],
    [
      "a name of one letter, which Docker has none of",
      { replace: "stop-first", names: ["d"] },
      /names is 'd'/,
    ],
    [
      "an entry point from an output",
      { entrypoint: pulumi.output(["x"]) as never },
      /entrypoint must be a list/,
    ],
    [
      "a word of one from an output",
      { entrypoint: [pulumi.output("x")] as never },
      /entrypoint\[0\] is no text/,
    ],
    [
      "all devices of the host",
      { devices: [{ host: "//dev/" }] },
      /devices\[0\]\.host is \/dev, which is every/,
    ],
    [
      "a router between networks",
      { networks: ["other"], sysctls: { "net.ipv4.conf.all.forwarding": "1" } },
      /must be no way from one to another/,
    ],
    ["the same parameter in other words", { sysctls: { "net.ipv4..ip_forward": "1" } }, /set it on the host/],
    [
      "a folder in memory twice",
      { temporary: { "/tmp/": {} } },
      /temporary\['\/tmp\/'\] is .*leave out the \//,
    ],
    [
      "a folder in memory over the secrets",
      { temporary: { "/run/secrets": {} } },
      /no folder in memory can be/,
    ],
    ["a parameter of the host", { sysctls: { "vm.max_map_count": "1" } }, /set it on the host/],
    ["all capabilities", { capabilities: ["ALL"] }, /capabilities\[0\] is 'ALL'/],
    [
      "a soft bound above the hard one",
      { ulimits: { nofile: { soft: 2, hard: 1 } } },
      /more than its hard bound/,
    ],
    [
      "a time zone twice",
      { timeZone: "UTC", environment: { TZ: "UTC" } },
      /timeZone stands in environment\.TZ/,
    ],
    // Node knows both, and what runs in the container, or its jobs' scheduler, neither.
    [
      "a time zone in other letters",
      { timeZone: "europe/berlin" },
      /'europe\/berlin'; it must be Europe\/Berlin/,
    ],
    ["a time zone by its offset", { timeZone: "+02:00" }, /'\+02:00', which is no time zone/],
    ["an empty entry point", { entrypoint: [] }, /entrypoint is empty/],
  ])("refuses %s", (_, extra, message) => {
    expect(() => service(extra)).toThrow(message);
  });
});
