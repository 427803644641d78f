// `tandem new` and `tandem import` in a copy of the checkout: the folders that they make come up and answer, with nothing else
// written.
// The copy is another version of the package, and shares the cache with this one.
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, expect, it } from "vitest";
import { RAILS } from "../../ops/import/kamal/rails-example.ts";
import { bundlesFolder } from "../../setup/bundles.ts";
import { installedEngineDirectory } from "../../setup/engine-location.ts";
import { resolvePaths } from "../../setup/paths.ts";
import { docker, removeLabelled, uniqueName } from "../support/docker.ts";
import { freePort, ROOT } from "../support/project.ts";
import { ask } from "../support/requests.ts";
import { schemaErrors } from "../support/workflows.ts";

const name = uniqueName("sixth-");
const checkout = mkdtempSync(join(tmpdir(), "tandem-checkout-"));
const home = mkdtempSync(join(tmpdir(), "tandem-home-"));

/** A system that compose files become. */
const imported = uniqueName("shop-");
const composeFiles = mkdtempSync(join(tmpdir(), "tandem-compose-"));

/** One that Kamal's files become. */
const kamal = uniqueName("rails-");
const kamalFiles = mkdtempSync(join(tmpdir(), "tandem-kamal-"));

/** Folder of the copy's bundles. */
const made: string[] = [];

/** Folders of the checkout that are no part of it. */
const LEFT_OUT = /(^|\/)(node_modules|\.git)$/;

/** Of a checkout that shares its git folder with the real one: git must not note down anything about it. */
const variables = { TANDEM_HOME: home, NO_COLOR: "1", GIT_OPTIONAL_LOCKS: "0" };
/** The same, without a backend or passphrase of whoever runs the tests. */
const own = ["PULUMI_BACKEND_URL", "PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE"];
const env = { ...Object.fromEntries(own.map((key) => [key, undefined])), ...variables };

async function tandem(...args: string[]): Promise<string> {
  const { all, exitCode } = await execa(join(checkout, "tandem"), args, {
    all: true,
    reject: false,
    stdin: "ignore",
    env,
  });
  expect(exitCode, all).toBe(0);
  return all;
}

/** Identity of every file that an engine runs which this version of the package has started. */
function engineFiles(): Record<string, string> {
  const paths = resolvePaths();
  const folders = [bundlesFolder(paths), installedEngineDirectory(paths), join(paths.pulumiHome, "plugins")];
  const files = folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !entry.name.endsWith(".lock"))
      .map((entry) => join(entry.parentPath, entry.name)),
  );
  return Object.fromEntries(
    files.map((file) => [file, `${statSync(file).ino} ${statSync(file).mtimeMs} ${statSync(file).size}`]),
  );
}

beforeAll(() => {
  cpSync(ROOT, checkout, {
    recursive: true,
    verbatimSymlinks: true,
    filter: (source) => !LEFT_OUT.test(relative(ROOT, source)),
  });
  symlinkSync(join(ROOT, "node_modules"), join(checkout, "node_modules"));
  // Outside git the example app would be another one: it would be built anew, and its tag move under other runs.
  if (existsSync(join(ROOT, ".git"))) symlinkSync(join(ROOT, ".git"), join(checkout, ".git"));
  appendFileSync(join(checkout, "provider/main.ts"), "// Another version.\n");
});

afterAll(async () => {
  for (const system of [name, imported]) await removeLabelled(`tandem.system=${system}`);
  for (const folder of [checkout, home, composeFiles, kamalFiles, ...made])
    rmSync(folder, { recursive: true, force: true });
});

it("a sixth system is a folder from the template, comes up, answers and goes", async () => {
  const told = await tandem("new", name);
  expect(told).toContain(`tandem up --system ${name} staging`);
  expect(told).toContain(`:\n  .github/workflows/${name}.yml`);
  expect(await schemaErrors(`${name}.yml`, checkout)).toEqual([]);
  const file = join(checkout, "stacks", name, "Pulumi.staging.yaml");
  // Somebody may use the template's ports on this machine.
  const port = await freePort();
  const postgres = await freePort();
  const text = readFileSync(file, "utf8");
  const moved = text
    .replace(/hostPort: \d+/, `hostPort: ${port}`)
    .replace(/postgresPort: \d+/, `postgresPort: ${postgres}`);
  expect(moved).not.toBe(text);
  writeFileSync(file, moved);

  const before = engineFiles();
  await tandem("up", "--system", name, "staging", "--yes");
  expect(engineFiles()).toEqual(before);
  made.push(/TANDEM_BUNDLES='(.+)'/.exec(await tandem("env"))?.[1] ?? "");
  expect(made).not.toContain(bundlesFolder(resolvePaths()));
  expect(readdirSync(made[0] ?? "")).toContain("pulumi-resource-tandem");
  const ready = await ask(port, `staging-${name}.localhost`, "/ready");
  expect(ready.status, ready.text).toBe(200);

  await tandem("down", "--system", name, "staging", "--yes");
  const filters = JSON.stringify({ label: [`tandem.system=${name}`] });
  expect(await docker.listContainers({ all: true, filters })).toEqual([]);
  expect(await docker.listNetworks({ filters })).toEqual([]);
});

/** A pair as a team may have it, on the images of this machine. Passwords here are nobody's. */
const PAIR = {
  "docker-compose.yml": `
x-database: &database
  DATABASE_URL: postgres://shop:\${DB_PASSWORD}@db:5432/shop
services:
  db:
    image: pgvector/pgvector:0.8.2-pg17-trixie
    environment: { POSTGRES_USER: shop, POSTGRES_PASSWORD: "\${DB_PASSWORD}", POSTGRES_DB: shop }
    volumes: [data:/var/lib/postgresql/data]
  redis: { image: "redis:7.2.11-bookworm" }
  migrate:
    image: tandem-example:\${TAG:-0.1.0}
    command: migrate
    environment: { MIGRATE_DATABASE_URL: "postgres://shop:\${DB_PASSWORD}@db:5432/shop" }
    depends_on: [db]
  app:
    image: tandem-example:\${TAG:-0.1.0}
    user: "1000:1000"
    environment:
      <<: *database
      REDIS_URL: redis://redis:6379
      NODE_ENV: production
      PORT: "8080"
      SESSION_SECRET: \${SESSION_SECRET}
      NOTE: \${NOTE}
    depends_on:
      migrate: { condition: service_completed_successfully }
      redis: { condition: service_started }
    labels: ["traefik.http.routers.app.rule=Host(\`\${DOMAIN}\`)"]
    expose: [8080]
    healthcheck: { test: ["CMD", "node", "dist/healthcheck.js", "http://127.0.0.1:8080/ready"] }
  traefik: { image: "traefik:v3.2", ports: ["80:80"] }
volumes: { data: {} }
`,
  "docker-compose.staging.yml":
    'services: { app: { environment: { LOG_LEVEL: debug, BANNER: "Try it" } } }\n',
  "docker-compose.prod.yml": "services: { app: { environment: { LOG_LEVEL: info } } }\n",
  ".env.staging": "DB_PASSWORD=hunter2-one\nSESSION_SECRET=hunter2-two\nDOMAIN=staging-shop.localhost\n",
  ".env.production": "DB_PASSWORD=hunter2-three\nSESSION_SECRET=hunter2-four\nDOMAIN=shop.localhost\n",
};

/** What the compiler says of a system's program. */
async function typeErrors(folder: string): Promise<string> {
  const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
  const flags =
    "--ignoreConfig --noEmit --strict --types node --module nodenext --target es2024 --allowImportingTsExtensions --skipLibCheck";
  const types = await execa(process.execPath, [tsc, ...flags.split(" "), join(folder, "main.ts")], {
    cwd: checkout,
    reject: false,
    all: true,
  });
  return types.all;
}

it("a pair of compose files becomes a system that type-checks, previews in both environments, comes up and answers", async () => {
  for (const [file, text] of Object.entries(PAIR)) writeFileSync(join(composeFiles, file), text);
  const told = await tandem("import", composeFiles, "--name", imported);
  const folder = join(checkout, "stacks", imported);
  const all = readdirSync(folder).map((file) => readFileSync(join(folder, file), "utf8"));
  expect([told, ...all].join("\n")).not.toContain("hunter2");
  expect(await typeErrors(folder)).toBe("");

  const file = join(folder, "Pulumi.staging.yaml");
  const port = await freePort();
  const moved = readFileSync(file, "utf8")
    .replace(/hostPort: \d+/, `hostPort: ${port}`)
    .replace(/postgresPort: \d+/, `postgresPort: ${await freePort()}`);
  expect(moved).toMatch(/SESSION_SECRET:\n\s+secure: v1:/);
  writeFileSync(file, moved);
  // A decision's command, as it stands on the page.
  const [command = "none"] = /\S.*config set .*\.NOTE .*staging$/m.exec(all.join("\n")) ?? [];
  await execa("sh", ["-c", command], { cwd: checkout, env, stdin: "ignore" });
  expect(readFileSync(file, "utf8")).toMatch(/NOTE: value$/m);
  expect(await tandem("preview", "--system", imported, "production")).toContain("AppService");
  await tandem("up", "--system", imported, "staging", "--yes");
  const ready = await ask(port, "staging-shop.localhost", "/ready");
  expect(ready.status, ready.text).toBe(200);
});

it("Kamal's files become a system that type-checks and previews, its roles as one release", async () => {
  for (const [file, text] of Object.entries(RAILS)) {
    mkdirSync(dirname(join(kamalFiles, file)), { recursive: true });
    writeFileSync(join(kamalFiles, file), text);
  }
  const told = await tandem("import", kamalFiles, "--name", kamal);
  const folder = join(checkout, "stacks", kamal);
  const all = readdirSync(folder).map((file) => readFileSync(join(folder, file), "utf8"));
  expect([told, ...all].join("\n")).not.toContain("hunter2");
  expect(await typeErrors(folder)).toBe("");
  const preview = await tandem("preview", "--system", kamal, "staging");
  for (const made of ["tandem:index:Release", "PgDatabase", "RedisInstance"]) expect(preview).toContain(made);
});
