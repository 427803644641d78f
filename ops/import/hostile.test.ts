// Compose files with secrets in odd places, odd names and odd values: no secret in any text, no program that can't run, no
// error without a place.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ImportFolder } from "./testing/folder.ts";

let folder: ImportFolder;

beforeEach(() => {
  folder = new ImportFolder();
});

afterEach(() => folder.remove());

const told: ImportFolder["told"] = (...args) => folder.told(...args);

describe("a secret is one wherever it stands", () => {
  it.each([
    ["in another variable", "environment: { DB_PASSWORD: hunter2-x, JAVA_OPTS: -Dp=hunter2-x }"],
    ["in a command", "command: serve hunter2-x\nenvironment: { DB_PASSWORD: hunter2-x }"],
    [
      "in a health check",
      "healthcheck: { test: redis-cli -a hunter2-x ping }\nenvironment: { REDIS_PASSWORD: hunter2-x }",
    ],
    ["after a flag", "entrypoint: [serve, --password, hunter2-x]"],
    ["in a URL", "environment: { BROKER: 'amqp://guest:hunter2-x@rabbit' }"],
    ["in a build", "build: { context: ., args: { NPM_TOKEN: hunter2-x } }"],
    ["in a file", "env_file: own.env"],
    ["of .env, in a variable of another name", "environment: { CONN: $MAIL_PASSWORD }"],
    ["a default's, in a variable of another name", `environment: { CONN: '\${MY_TOKEN:-hunter2}' }`],
    ["a default's, in a command", `command: serve -k \${MY_TOKEN-hunter2-x}`],
    ["of .env, in a command", "command: serve -k $MAIL_PASSWORD"],
    ["after a flag of several words", "command: [serve, --db-password=hunter2]"],
    ["after a flag, and in a variable", "command: serve --pass hunter2-y\nenvironment: { CACHE: hunter2-y }"],
    [
      "in a build, by its value",
      "build: { context: ., args: { A: hunter2-x } }\nenvironment: { API_KEY: hunter2-x }",
    ],
    ["in a URL for Java", "environment: { U: 'jdbc:postgresql://db/x?user=u&password=hunter2' }"],
    ["in a URL's query", "environment: { U: 'postgres://db/x?password=hunter2' }"],
    ["where a name should be", "environment: ['DB_PASSWORD: hunter2']"],
    ["where a name of a build should be", "build: { context: ., args: ['A: hunter2'] }"],
    ["behind a $ of its own", "environment: { DB_PASSWORD: 'pa$hunter2' }"],
  ])("%s", async (_, lines) => {
    const more = { "own.env": "API_KEY=hunter2-x\n", ".env": "MAIL_PASSWORD=hunter2-m\n" };
    const { files, plan } = await told(lines, more, "decide", "  db: { image: 'postgres:17' }\n");
    expect([...files.values()].join("\n") + JSON.stringify(plan.notes.all)).not.toContain("hunter2");
  });

  it.each([
    ["a migration's command", "command: 'migrate -database postgres://u:hunter2@db/x up'"],
    ["that of a flag", "command: migrate --token hunter2"],
  ])("in %s", async (_, command) => {
    const job = `  migrate:\n    image: shop:1.0.0\n    ${command}\n`;
    const { files, notes } = await told("expose: [80]", {}, "decide", job);
    expect([...files.values()].join("\n")).not.toContain("hunter2");
    expect(notes).toContain("migration's command seems to hold a secret");
  });

  it.each([
    [".env", "ANY=1\n"],
    ["server.key", "x"],
    ["app.conf", "-----BEGIN PRIVATE KEY-----"],
    ["app.ini", "[db]\npassword = hunter2\n"],
  ])("in a mounted file: %s", async (file, text) => {
    const { topology, notes } = await told(`volumes: ["./${file}:/x/${file}"]`, { [file]: text });
    expect(topology).not.toContain("readFileSync");
    expect(notes).toContain("seems to hold a secret");
  });

  it("and a URL for Java is the login's own", async () => {
    const value = "jdbc:postgresql://db/x?user=u&password=p&currentSchema=s";
    const servers = "  db: { image: 'postgres:17' }\n";
    const { topology } = await told(`environment: { U: '${value}' }`, {}, "decide", servers);
    expect(topology).toContain('U: postgres.owner.jdbcUrl.apply((url) => url + "&currentSchema=s"),');
  });
});

describe("what is odd makes no wrong program, and no error without a place", () => {
  it.each([
    ["public", "const publicService ="],
    ["arguments", "const argumentsService ="],
    ["join", "const joinService ="],
    ["data-volume", "const dataVolumeService ="],
    ["app1\n  app-1", "const app12 ="],
  ])("a service called %s", async (names, expected) => {
    const text = `services:\n  ${names.replaceAll(/$/gm, ": { image: 'shop:1' }")}\n`;
    const { topology } = await folder.write({ "compose.yaml": text }).import();
    expect(topology).toContain(expected);
  });

  it.each([
    ["a variable in a health check", "healthcheck: { test: curl $X }", /health check hangs on \$\{X\}/],
    ["a variable elsewhere", "working_dir: $X", /its workingDir hangs on \$\{X\}/],
    [
      "a secret that is a folder",
      "secrets: [s]",
      /secret s has no value/,
      "secrets: { s: { file: ./stacks } }\n",
    ],
    ["a path with a null", 'volumes: ["./a\\0b:/x"]', /is the volume/],
    ["a path out of the folder", "volumes: ['@/../../etc/hostname:/x']", /the host's .* is not taken/],
    ["a path with a line break", 'volumes: ["/srv\\n## forged:/x"]', /\/srv\\n## forged at/],
  ])("%s", async (_, lines, expected, top = "") => {
    const { notes, topology, text } = await told(lines.replace("@", folder.root), {}, "decide", top);
    expect(notes).toMatch(expected);
    expect(topology).not.toMatch(/[\uE000\uE001]/);
    expect(text("IMPORT.md")).not.toMatch(/^## forged/m);
  });

  it("secrets whose names differ in their signs only are two", async () => {
    const { settings, topology } = await told(
      "secrets: [api-key, api_key]",
      { "one.txt": "first", "two.txt": "second" },
      "decide",
      "secrets: { api-key: { file: ./one.txt }, api_key: { file: ./two.txt } }\n",
    );
    expect(settings).toMatch(/apiKeySecret:.*\n.*apiKeySecret2:/);
    expect(topology).toMatch(/"\/run\/secrets\/api-key": settings\.apiKeySecret\b/);
    expect(topology).toMatch(/"\/run\/secrets\/api_key": settings\.apiKeySecret2/);
    const numbered = await told(
      "secrets: [key-1, key1]",
      { "one.txt": "first", "two.txt": "second" },
      "decide",
      "secrets: { key-1: { file: ./one.txt }, key1: { file: ./two.txt } }\n",
    );
    expect(numbered.settings).toMatch(/key1Secret:.*\n.*key1Secret2:/);
  });

  it("a file where the folder should be", async () => {
    folder.write({ "compose.yaml": "services: {}" });
    await expect(folder.import({}, false, "compose.yaml")).rejects.toThrow("holds no compose files");
  });

  it("ports and limits that are none are left to their defaults", async () => {
    const { settings, topology } = await told(
      "ports: ['70000:1883', '64600:1884/udp']\nenvironment: { VIRTUAL_PORT: '99999' }\npids_limit: -1\nmem_limit: 0\ncpus: 0",
    );
    expect(topology + settings).not.toMatch(/70000|port: 99999/);
    expect(settings).toContain('app: { cpus: 1, memory: "512m", pids: 256 }');
    expect(settings).toContain("appPort1884: setting(port(64600)");
  });

  it("variables of a server that are missing are no application's to import", async () => {
    const text =
      "services:\n  db: { image: 'postgres:17', env_file: db.env }\n  app: { image: 'shop:1', env_file: app.env }\n";
    const { plan } = await folder.write({ "deploy/compose.yaml": text }).import({}, false, "deploy");
    const lines = plan.notes.all.flatMap(({ text: words, line }) =>
      /isn't there/.test(words) ? [line] : [],
    );
    const command = (stack: string) =>
      `./tandem config import deploy/app.env --role app --system shop --stack ${stack}`;
    expect(lines).toEqual([undefined, command("staging"), undefined, command("production")]);
  });
});
