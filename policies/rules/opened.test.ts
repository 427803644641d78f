// What a topology opened passes the rules of hardening, exactly as far as its label says, and is named.
import { describe, expect, it } from "vitest";
import type { Facts, Surroundings } from "../rule.ts";
import { hardening } from "./hardening.ts";
import { openedHardening } from "./opened.ts";

const CONTAINER = "docker:index/container:Container";
const MIGRATION = "tandem:docker:Migration";

/** Names of the rules that a container breaks, among those that the label can open. */
function broken(facts: Facts, opened: string): string[] {
  const labels = [{ label: "tandem.opened", value: opened }];
  const subject = { type: CONTAINER, name: "app", urn: "urn", facts: { ...facts, labels }, protected: false };
  return hardening
    .filter(({ name }) => /non-root|capabilities|read-only-root|no-devices|bounded-ulimits/.test(name))
    .flatMap((rule) => rule.check(subject, {} as Surroundings).map((text) => `${rule.name}: ${text}`));
}

const FACTS: Facts = {
  readOnly: false,
  capabilities: { drops: ["ALL"], adds: ["CAP_CHOWN", "CAP_SYS_ADMIN"] },
  devices: [{ hostPath: "/dev/kvm" }],
  ulimits: [{ name: "core", soft: -1, hard: -1 }],
};

describe("opened hardening", () => {
  it("passes what the label names, and nothing beside it", () => {
    expect(broken(FACTS, "")).toHaveLength(6);
    expect(broken(FACTS, "non-root read-only-root no-devices bounded-ulimits capabilities:CHOWN")).toEqual([
      "capabilities: adds the capability SYS_ADMIN",
    ]);
    expect(broken(FACTS, "capabilities")).toHaveLength(6);
  });

  it("passes of a migration's options what the label names, and nothing beside it", () => {
    const options = { capabilities: ["CHOWN", "SYS_ADMIN"], writableRoot: true };
    const facts = (opened: string) => ({ user: "1000", options, labels: { "tandem.opened": opened } });
    const said = (opened: string) =>
      hardening
        .filter(({ types }) => types.includes(MIGRATION))
        .flatMap(({ name, check }) => {
          const subject = { type: MIGRATION, name: "m", urn: "urn", facts: facts(opened), protected: false };
          return check(subject, {} as Surroundings).map((text) => `${name}: ${text}`);
        });
    const writes = "read-only-root: can write its root file system";
    const adds = "capabilities: adds the capability";
    expect(said("")).toEqual([`${adds} CHOWN`, `${adds} SYS_ADMIN`, writes]);
    expect(said("read-only-root capabilities:CHOWN")).toEqual([`${adds} SYS_ADMIN`]);
  });

  it("is root by any of its numbers", () => {
    const closed = { readOnly: true, capabilities: { drops: ["ALL"] } };
    for (const user of ["0", "00:1000", "root", "+0", ":1000"])
      expect(broken({ ...closed, user }, ""), user).toEqual(["non-root: runs as root"]);
    for (const user of ["1000", "010:0", "rooted"]) expect(broken({ ...closed, user }, ""), user).toEqual([]);
  });

  it("is named in words, for a container and for a migration", () => {
    const [rule] = openedHardening;
    const subject = { type: CONTAINER, name: "app", urn: "urn", protected: false };
    const said = (labels: unknown) => rule?.check({ ...subject, facts: { labels } }, {} as Surroundings);
    expect(said([{ label: "tandem.opened", value: "read-only-root capabilities:CHOWN" }])).toEqual([
      "has by its topology: a writable root file system",
      "has by its topology: capabilities CHOWN",
    ]);
    expect(said({ "tandem.opened": "non-root" })).toEqual([
      "has by its topology: root, or the user that its image names",
    ]);
    expect(said([{ label: "tandem.opened", value: "redis-command:KEYS redis-default-user" }])).toEqual([
      "has by its topology: Redis' command KEYS",
      "has by its topology: Redis' default user as its login: the password alone lets clients in",
    ]);
    expect(said([])).toEqual([]);
    const facts = {
      labels: { "tandem.opened": "no-devices" },
      devices: [{ hostPath: "/dev/sda" }],
      gpus: "all",
    };
    expect(rule?.check({ ...subject, facts }, {} as Surroundings)).toEqual([
      "has by its topology: devices of the host: /dev/sda, GPUs all",
    ]);
  });
});
