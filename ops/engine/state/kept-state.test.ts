// What `down` takes out of a state and puts back.

import { describe, expect, it } from "vitest";
import { types } from "../../../lib/resource-types.ts";
import type { Deployment, StateResource } from "./backend.ts";
import { endsWithVolumes, hasRunning, isData, withData, withoutData } from "./kept-state.ts";

const urn = (type: string, name: string) => `urn:pulumi:staging::oracle::${type}::${name}`;
const root = urn(types.stack, "oracle-staging");
const server = urn("tandem:index:PostgresServer", "server");
const provider = urn("tandem:index:PostgresServer$pulumi:providers:postgresql", "pg");
const volume = urn(types.volume, "data");
const container = urn(types.container, "server");
const password = urn(types.password, "password");
const role = urn(types.role, "app");

function resource(id: string, more: Partial<StateResource> = {}): StateResource {
  const type = id.split("::")[2]?.split("$").at(-1) ?? "";
  return { urn: id, type, custom: true, id: `id-of-${id.split("::")[3]}`, parent: root, ...more };
}

const before: Deployment = {
  secrets_providers: { type: "passphrase", state: { salt: "salt" } },
  resources: [
    resource(root, { custom: false, parent: undefined }),
    resource(server, { custom: false }),
    resource(password, { parent: server }),
    resource(volume, { parent: server, protect: true, retainOnDelete: true }),
    resource(container, {
      parent: server,
      protect: true,
      dependencies: [volume, password],
      propertyDependencies: { volumes: [volume], envs: [password], image: null },
      deletedWith: volume,
    }),
    resource(provider, { parent: server, dependencies: [password] }),
    resource(role, { provider: `${provider}::id-of-pg`, dependencies: [container, password] }),
  ],
};

const urnsOf = (deployment: Deployment) => (deployment.resources ?? []).map((each) => each.urn);

describe("what is data", () => {
  it.each([
    [resource(volume), false],
    [resource(volume, { retainOnDelete: true }), true],
    [resource(volume, { protect: true }), true],
    [resource(volume, { protect: true, delete: true }), false],
    [resource(container, { protect: true, retainOnDelete: true }), false],
    [resource(password), true],
    [resource(role), true],
    [resource(provider, { protect: true }), false],
    [resource(server, { custom: false, protect: true }), false],
  ])("%# %o", (each, expected) => {
    expect(isData(each)).toBe(expected);
  });
});

describe("without data", () => {
  const rest = withoutData(before);

  it("holds everything else, unprotected", () => {
    expect(urnsOf(rest)).toEqual([root, server, container, provider]);
    expect(rest.resources?.some(({ protect }) => protect)).toBe(false);
  });

  it("to delete the data: what the engine has to destroy, retained or not", () => {
    const tunnel = urn("cloudflare:index/zeroTrustTunnelCloudflared:ZeroTrustTunnelCloudflared", "tunnel");
    const resources = [
      ...(before.resources ?? []),
      resource(tunnel, { protect: true, retainOnDelete: true }),
    ];
    const seen = withoutData({ ...before, resources }, endsWithVolumes);
    expect(urnsOf(seen)).toEqual([root, server, container, provider, tunnel]);
    expect(seen.resources?.some(({ protect, retainOnDelete }) => protect || retainOnDelete)).toBe(false);
  });

  it("to delete the data: what lies on a server that the stack doesn't run", () => {
    const elsewhere = urn("tandem:index:PgDatabase$pulumi:providers:postgresql", "elsewhere");
    const database = urn(types.database, "database");
    const admin = urn(types.tenant, "admin");
    const keys = urn(types.redisKeys, "keys");
    const resources = [
      ...(before.resources ?? []),
      resource(admin),
      resource(elsewhere, { dependencies: [admin] }),
      resource(database, { provider: `${elsewhere}::id-of-elsewhere`, retainOnDelete: true }),
      resource(keys, { protect: true, retainOnDelete: true }),
    ];
    const seen = withoutData({ ...before, resources }, endsWithVolumes);
    expect(urnsOf(seen)).toEqual([root, server, container, provider, admin, elsewhere, database, keys]);
    expect(urnsOf(withoutData({ ...before, resources }))).not.toContain(database);
  });

  it("refers to nothing that is not there", () => {
    const left = rest.resources?.find((each) => each.urn === container);
    expect(left?.dependencies).toEqual([]);
    expect(left?.propertyDependencies).toEqual({ volumes: [], envs: [], image: [] });
    expect(left?.deletedWith).toBeUndefined();
  });

  it("leaves the state it was made from alone", () => {
    expect(urnsOf(before)).toHaveLength(7);
    expect(before.resources?.[4]?.dependencies).toEqual([volume, password]);
  });
});

describe("with data again", () => {
  it("after everything else was destroyed: the data, its parents and its providers", () => {
    const after = withData({ resources: [] }, before);
    expect(urnsOf(after)).toEqual([root, server, password, volume, provider, role]);
    expect(after.resources?.find((each) => each.urn === volume)?.protect).toBe(true);
    expect(after.resources?.find((each) => each.urn === role)?.dependencies).toEqual([password]);
    expect(after.secrets_providers).toEqual(before.secrets_providers);
    expect(hasRunning(after)).toBe(false);
  });

  it("after a run that was killed before it destroyed anything: as it was", () => {
    expect(urnsOf(withData(before, before)).sort()).toEqual(urnsOf(before).sort());
  });

  it("after a run that destroyed a part: what is left and the data, each after what it refers to", () => {
    const rest = withoutData(before);
    const after = withData({ resources: rest.resources?.slice(0, 3) }, before);
    const order = urnsOf(after);
    expect(order).toHaveLength(7);
    for (const each of after.resources ?? []) {
      for (const other of [each.parent, ...(each.dependencies ?? [])]) {
        if (other !== undefined) expect(order.indexOf(other)).toBeLessThan(order.indexOf(each.urn));
      }
    }
  });

  it("after a deletion of data that was killed: nothing that the engine had destroyed outside the volumes", () => {
    const tunnel = urn("cloudflare:index/zeroTrustTunnelCloudflared:ZeroTrustTunnelCloudflared", "tunnel");
    const resources = [...(before.resources ?? []), resource(tunnel, { retainOnDelete: true })];
    const after = withData({}, { ...before, resources }, endsWithVolumes);
    expect(urnsOf(after)).toContain(volume);
    expect(urnsOf(after)).not.toContain(tunnel);
  });

  it("takes what another run made since as it is", () => {
    const fresh = resource(password, { id: "another", parent: server });
    const after = withData({ resources: [fresh] }, before);
    expect(after.resources?.find((each) => each.urn === password)?.id).toBe("another");
  });
});
