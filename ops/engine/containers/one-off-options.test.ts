// What Docker is told of a one-off container.
import type Docker from "dockerode";
import { describe, expect, it } from "vitest";
import { clientContainer, likeService } from "./one-off-options.ts";

const facts = {
  Image: "sha256:abc",
  Config: {
    Env: ["A=1", "TOKEN=secret"],
    User: "1000:1000",
    WorkingDir: "/app",
    Entrypoint: ["node", "main.js"],
    Volumes: { "/run/secrets": {} },
    Labels: { "tandem.system": "shop" },
  },
  HostConfig: {
    ...{ Memory: 1024, MemorySwap: 1024, NanoCpus: 5, PidsLimit: 7, CapDrop: ["ALL"], ReadonlyRootfs: true },
    ...{ SecurityOpt: ["no-new-privileges:true"], Tmpfs: { "/tmp": "size=64m" }, Init: true },
    ...{ Binds: ["home:/home/app"], Sysctls: { "net.ipv4.ip_forward": "0" }, NetworkMode: "default" },
    RestartPolicy: { Name: "always" },
    LogConfig: { Type: "json-file", Config: { "max-size": "10m" } },
    PortBindings: { "80/tcp": [{ HostPort: "80" }] },
  },
  NetworkSettings: { Networks: { shop_staging_network: {}, shop_shared_staging: {} } },
} as unknown as Docker.ContainerInspectInfo;

describe("a container like a service's", () => {
  const { options, networks } = likeService(facts, { command: ["migrate", "down"] }, false);

  it("has its image, variables, user, volumes, networks, limits and hardening", () => {
    const { Env, User, WorkingDir, Entrypoint, Volumes } = facts.Config;
    expect(options).toMatchObject({ Image: "sha256:abc", Env, User, WorkingDir, Entrypoint, Volumes });
    const {
      RestartPolicy: _,
      LogConfig: __,
      PortBindings: ___,
      NetworkMode: ____,
      ...same
    } = facts.HostConfig;
    expect(options.HostConfig).toMatchObject(same);
    expect([options.HostConfig?.NetworkMode, ...networks]).toEqual([
      "shop_shared_staging",
      "shop_staging_network",
    ]);
    expect(options.Cmd).toEqual(["migrate", "down"]);
  });

  it("goes with its command, and has no port, log, health check or label of the service", () => {
    expect(options.HostConfig).toMatchObject({
      AutoRemove: true,
      RestartPolicy: { Name: "no" },
      PortBindings: {},
      LogConfig: { Type: "none" },
    });
    expect(options).toMatchObject({ Healthcheck: { Test: ["NONE"] }, StdinOnce: true, Tty: false });
    expect(options.Labels).toBeUndefined();
  });

  it("takes other variables, and another program for the entry point", () => {
    const other = { command: ["-c", "true"], entrypoint: "sh", environment: { A: "2" } };
    expect(likeService(facts, other, false).options).toMatchObject({ Entrypoint: ["sh"], Env: ["A=2"] });
  });
});

describe("a client's container", () => {
  it("is hardened and limited, and holds nothing secret in its arguments or variables", () => {
    const { options } = clientContainer(
      {
        image: "sha256:pg",
        command: ["psql", "-c", "select 1"],
        environment: { PGUSER: "app" },
        networks: ["one"],
      },
      false,
    );
    expect(options).toMatchObject({ Entrypoint: ["psql"], Cmd: ["-c", "select 1"], User: "1000:1000" });
    expect(options.HostConfig).toMatchObject({
      ...{ NetworkMode: "one", CapDrop: ["ALL"], ReadonlyRootfs: true, AutoRemove: true, PidsLimit: 64 },
      SecurityOpt: ["no-new-privileges:true"],
    });
    expect(options.Env).toEqual(["PGUSER=app", "HOME=/tmp"]);
  });
});
