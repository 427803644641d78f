// No secret in plain text: every secret there is, in each form, looked for wherever one could be written down while
// staging (secrets as variables) and production (secrets as files) come up, change, fail and go down.
import { statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { resolvePaths } from "../../setup/paths.ts";
import { docker } from "../support/docker.ts";
import { type Finding, formsOf, scan } from "../support/secret-scan.ts";
import { SecretsRun, STACKS } from "../support/secrets-run.ts";

let run: SecretsRun;

beforeAll(async () => {
  run = await SecretsRun.create();
  await run.take();
}, 900_000);

afterAll(() => run?.remove());

describe("looking for a secret", () => {
  it("finds it in every form, wherever it begins", () => {
    const secret = `s3cret "with" <all> & ü%/+'`;
    const go = JSON.stringify(secret).replace(/[<>&]/g, (c) => `\\u00${c.charCodeAt(0).toString(16)}`);
    const forms: Record<string, string> = {
      raw: `password=${secret};`,
      json: JSON.stringify({ a: [secret] }),
      twice: JSON.stringify({ text: JSON.stringify({ a: secret }) }),
      go: `{"a":${go}}`,
      url: `postgres://u:${encodeURIComponent(secret)}@h/d`,
      form: new URLSearchParams({ p: secret }).toString(),
      hex: Buffer.from(`x${secret}y`).toString("hex"),
      sql: `ALTER ROLE a PASSWORD '${secret.replaceAll("'", "''")}'`,
      ...Object.fromEntries(
        ["", "u", "us", "use"].flatMap((before) => [
          [`basic ${before}`, Buffer.from(`${before}${secret}`).toString("base64")],
          [`url ${before}`, Buffer.from(`${before}${secret}!!`).toString("base64url")],
        ]),
      ),
    };
    for (const [name, text] of Object.entries(forms)) {
      expect(scan([{ kind: "", where: "", text }], [{ name, value: secret }]), name).toHaveLength(1);
    }
    const clean = [{ kind: "", where: "", text: "s3cret with [secret]" }];
    expect(scan(clean, [{ name: "it", value: secret }])).toEqual([]);
  });

  it("was done on all there is", () => {
    expect(run.secrets.map(({ name }) => name).sort()).toEqual(
      [
        ...STACKS.flatMap((stack) =>
          [
            ...["basicAuthPassword", "voipToken", "other voipToken", "API_KEY", "redis-password"],
            ...["app", "owner", "readonly", "server-admin"].map((purpose) => `postgres-${purpose}-password`),
            `${stack}-fingerprint-key`,
          ].map((name) => `${stack} ${name}`),
        ),
        "passphrase",
      ].sort(),
    );
    expect(run.seen.processes).toBeGreaterThan(100);
    expect(run.seen.fileVersions).toBeGreaterThan(100);
    expect(run.seen.rounds).toBeGreaterThan(500);
    expect([...run.kinds]).toContain("output of tandem down");
  });

  it.each([
    ...[
      "state",
      "backup of the state",
      "history",
      "history of deploys and migrations",
      "stack file",
      "copy of the stack file",
      "state that down keeps",
    ],
    ...[
      "temporary file",
      "process list",
      "environment of a process",
      "event log",
      "stack outputs",
      "stack history",
    ],
    ...["config", "preview --diff", "preview --json", "refresh"],
    ...["up", "preview", "status", "logs"].map((command) => `output of tandem ${command}`),
    ...["labels", "command", "health check", "environment", "everything else"].map(
      (part) => `docker inspect: ${part}`,
    ),
    ...["docker events", "container log", "gateway's config"],
    ...["verbose log", "engine's trace of values"],
  ])("would find one in: %s", (kind) => {
    expect(
      run.findings.filter((finding) => finding.secret === "control" && finding.kind === kind),
    ).not.toEqual([]);
  });

  it("finds what was planted in every form", () => {
    const files = run.seen.findings.filter(
      ({ secret, where }) => secret === run.planted.name && where.includes("planted-"),
    );
    expect(new Set(files.map(({ where }) => where)).size).toBe(formsOf(run.planted.value).length);
  });
});

describe("secrets", () => {
  /** The app's own secrets, where they are variables. */
  const own =
    /^staging (voipToken|other voipToken|API_KEY|postgres-app-password|postgres-owner-password|redis-password)$/;
  const variable = /^(API_KEY|VOIP_TOKEN|DATABASE_URL|MIGRATE_DATABASE_URL|REDIS_URL) of /;

  /** Where a secret may be, and why. */
  const allowed: ((finding: Finding) => boolean)[] = [
    // The app's environment is where its secrets live unless they are files.
    ({ kind, where, secret }) =>
      (kind === "docker inspect: environment" ||
        (kind === "environment of a process" && / in [0-9a-f]{12}$/.test(where))) &&
      variable.test(where) &&
      own.test(secret),
    // The engine hands a program its config by environment.
    ({ kind, where, secret }) =>
      kind === "environment of a process" &&
      where.startsWith("PULUMI_CONFIG of ") &&
      /voipToken|basicAuth|API_KEY/.test(secret),
    // The one place of the passphrase.
    ({ kind, secret }) => kind === "passphrase file" && secret === "passphrase",
    // The Docker provider writes what it reads of a container into the engine's debug messages, variables and all.
    ({ kind, secret }) => (kind === "verbose log" || kind === "event log") && own.test(secret),
    // The engine's own, for those who look for an error in it; docs/secrets.md warns of it.
    ({ kind }) => kind === "engine's trace of values",
    // This app was made to tell them.
    ({ kind, where }) => ["container log", "output of tandem logs"].includes(kind) && where.includes("_app"),
  ];
  const isAllowed = (finding: Finding) => allowed.some((rule) => rule(finding));

  it("stand nowhere in plain text", () => {
    const real = new Set(run.secrets.map(({ name }) => name));
    const leaks = run.findings.filter((finding) => real.has(finding.secret) && !isAllowed(finding));
    // Once per place: a finding can repeat itself a hundred times.
    expect([
      ...new Set(leaks.map(({ kind, where, secret, form }) => `${kind}: ${where}: ${secret} (${form})`)),
    ]).toEqual([]);
  });

  it("are in the app's environment with `env`, and with `files` in none", () => {
    const inEnvironment = run.findings.filter(
      ({ kind, where, secret }) => secret !== "control" && /environment/.test(kind) && variable.test(where),
    );
    expect(new Set(inEnvironment.map(({ secret }) => secret.split(" ")[0]))).toEqual(new Set(["staging"]));
  });

  it("as files are gone when their containers are", async () => {
    // Postgres and Redis of both, and production's app.
    expect(run.secretVolumes.length).toBeGreaterThanOrEqual(5);
    const { Volumes } = await docker.listVolumes();
    expect(Volumes.map(({ Name }) => Name).filter((name) => run.secretVolumes.includes(name))).toEqual([]);
  });

  // Who has a PULUMI_HOME of their own has the logs in it, too: docs/secrets.md says so.
  it.skipIf(process.env.PULUMI_HOME)("are in no log of the engine's own, since it keeps none", () => {
    expect(statSync(join(resolvePaths().pulumiHome, "logs")).isFile()).toBe(true);
  });

  it("are written down by files that only their owner can read", () => {
    expect(statSync(run.project.home).mode & 0o777).toBe(0o700);
    expect(statSync(join(run.project.home, "passphrase")).mode & 0o777).toBe(0o600);
  });
});
