// Tests of the rules about where a database lives: on a server of the environment's own, or on a managed one.
import { expect, it } from "vitest";
import { compareStacks } from "../check/siblings.ts";
import { commonSettings } from "./common-settings.ts";
import { hostSettings } from "./host-settings.ts";
import type { Issue } from "./issue.ts";
import { readValues } from "./read.ts";
import { databaseSettings } from "./server-settings.ts";
import { releaseSettings } from "./service-settings.ts";

const keys = { ...databaseSettings(15_900), ...releaseSettings, ...hostSettings("postgres") };
const system = commonSettings({ keys });
const MANAGED = {
  kind: "managed",
  host: "db.example.com",
  port: 5432,
  username: "admin",
  sslmode: "verify-full",
};
const DEFAULTS = {
  postgresImage: "postgres:17",
  restorePoints: 0,
  promoteAfter: "10m",
  protectData: true,
  releaseData: [],
};
/** As a secret stands in a stack file that is read without its passphrase. */
const SEALED = { value: undefined, secure: true };

/** What is read of a stack with a database server. */
function read(databaseServer: unknown, more: Record<string, unknown> = {}, password = false) {
  const plain = Object.entries({ ...DEFAULTS, dockerHost: "", databaseServer, ...more });
  const raw = new Map(plain.map(([key, value]) => [key, { value, secure: false }]));
  return readValues(system, password ? new Map([...raw, ["databasePassword", SEALED]]) : raw);
}

/** What is wrong, and how it is fixed. */
function wrong(issues: Issue[]) {
  return issues.map(({ path, problem, fix }) => [path.join("."), problem, fix[0]?.do]);
}

it("wants a password for a managed server, and nothing of a container's", () => {
  expect(wrong(read(MANAGED).issues)).toEqual([["databasePassword", "incomplete", "set-secret"]]);
  expect(read(MANAGED, {}, true).issues).toEqual([]);
  expect(read(MANAGED, { dockerHost: "ssh://me@server.example.com" }, true).issues).toEqual([]);
  const forward = read(MANAGED, { postgresForwardPort: 15_901 }, true);
  expect(wrong(forward.issues)).toEqual([["postgresForwardPort", "unused", "remove"]]);
});

it("wants a port for a container, and no password", () => {
  const container = { kind: "container" };
  expect(wrong(read(container).issues)).toEqual([["postgresPort", "incomplete", "set"]]);
  expect(read(container, { postgresPort: 15_900 }).issues).toEqual([]);
  const both = read(container, { postgresPort: 15_900 }, true);
  expect(wrong(both.issues)).toEqual([["databasePassword", "unused-secret", "remove"]]);
});

it("refuses restore points of a managed server, which has no container to dump from", () => {
  const { issues } = read(MANAGED, { restorePoints: 5 }, true);
  expect(wrong(issues)).toEqual([["restorePoints", "unsupported", "set"]]);
  expect(issues[0]?.reason).toContain("its provider makes the backups");
});

it("takes a managed server's address for one environment's alone, however it is written", () => {
  const other = read({ ...MANAGED, host: "DB.example.com", username: "other" }, {}, true).values;
  const sibling = { stack: "production", values: other, listeners: [], foreign: new Map(), demands: [] };
  const [issue, ...more] = compareStacks(system, read(MANAGED, {}, true).values, [sibling]);
  expect(more).toEqual([]);
  expect(issue).toMatchObject({
    problem: "same-as-other-stack",
    path: ["databaseServer"],
    reason: "is db.example.com:5432, which is the databaseServer of production: each stack needs its own",
    fix: [{ do: "set", path: ["databaseServer", "host"], value: "db.example.com" }],
  });
  const third = { ...MANAGED, port: 6432 };
  expect(compareStacks(system, read(third, {}, true).values, [sibling])).toEqual([]);
});

it("listens on no port for a managed server", () => {
  const ports = (values: ReturnType<typeof read>["values"]) =>
    system.listeners?.(values).map(({ key }) => key);
  expect(ports(read(MANAGED, { postgresPort: 15_900 }, true).values)).toEqual([]);
  expect(ports(read({ kind: "container" }, { postgresPort: 15_900 }).values)).toEqual(["postgresPort"]);
});
