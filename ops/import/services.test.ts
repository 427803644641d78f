// What becomes of single services: what is taken, what stays out, what needs a decision.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readStack } from "../../infra/check/index.ts";
import { ImportFolder } from "./testing/folder.ts";

let folder: ImportFolder;

beforeEach(() => {
  folder = new ImportFolder();
});

afterEach(() => folder.remove());

const told: ImportFolder["told"] = (...args) => folder.told(...args);

describe("what needs a decision says so, with the line to write", () => {
  it.each([
    [
      "a variable without a value",
      "environment: { API_KEY: $KEY }",
      /API_KEY of production hangs on \$\{KEY\}.*config set --path shop:secrets\.app\.API_KEY --secret/,
    ],
    ["a secret that both have", "environment: { API_KEY: abc }", /same secret in both .*--stack staging/],
    ["a secret on the command line", "command: run --password abc", /command seems to hold a secret/],
    ["a folder of the host", 'volumes: ["/srv/files:/files"]', /\/srv\/files at \/files is not taken/],
    ["no health check", "expose: [80]", /no health check.*http: "\/health"/],
    ["privileged", "privileged: true", /root on the host/],
    [
      "no hostname",
      'ports: ["80:80"]',
      /staging-shop\.localhost .* names no hostname.*config set shop:hostname staging\.example\.com/,
    ],
    ["a port that isn't HTTP's", 'ports: ["1883:1883"]', /2883 in staging, 1883 in production/],
    [
      "an env_file that isn't there",
      "env_file: .env.app",
      /env_file \.env\.app in staging isn't there.*config import/,
    ],
    ["restart: no", 'restart: "no"', /is a migration/],
    [
      "a Dockerfile within the file",
      'build: { context: ., dockerfile_inline: "FROM abc" }',
      /build\.dockerfile_inline is not taken: write it into a file/,
    ],
    [
      "secrets of a build",
      "build: { context: ., secrets: [token] }",
      /build\.secrets is not taken: build the image elsewhere/,
    ],
    [
      "contexts beside a build's own",
      "build: { context: ., additional_contexts: { lib: ../lib } }",
      /build\.additional_contexts is not taken/,
    ],
  ])("%s", async (_, lines, expected) => {
    const { notes, files } = await told(lines);
    expect(notes).toMatch(expected);
    expect([...files.values()].join("\n")).not.toContain("abc");
  });

  it("a variable that names a service of the gateway by compose's name", async () => {
    const { plan, topology } = await folder
      .write({
        "compose.yaml":
          "services:\n  api: { image: 'api:1', ports: ['80:3000'] }\n" +
          "  app: { image: 'shop:1', environment: { API: 'http://api:3000/v1', RAPID: 'http://rapid:3000' } }\n",
      })
      .import();
    const notes = plan.notes.of("decide").map(({ text }) => text);
    expect(notes).toContainEqual(expect.stringMatching(/^API names the service api by compose's name/));
    expect(notes.join()).not.toContain("RAPID");
    expect(topology).toContain('API: "http://api:3000/v1"');
  });

  it("a service that others call by HTTP keeps its name at a gateway inside, and loses nothing in a deploy", async () => {
    const { plan, topology } = await folder
      .write({
        "compose.yaml":
          "services:\n  pdf: { image: 'pdf:1', deploy: { replicas: 2 } }\n" +
          "  app: { image: 'shop:1', ports: ['80:3000'], environment: { PDF: 'http://pdf:3000/make', ALL: 'a,http://pdf:3000' } }\n" +
          "  two: { image: 'two:1' }\n  user: { image: 'user:1', environment: { A: 'http://two:1', B: 'http://two:2' } }\n",
      })
      .import();
    expect(topology).toContain("names: { pdf: 3000 },");
    expect(topology).toContain('route: { gateway: inside, hostnames: ["pdf"] },');
    expect(topology).toContain("port: 3000,");
    expect(topology).toMatch(/import \{ AppService, type Environment, Gateway \} from "tandem"/);
    // Two ports under one name: no gateway can say which.
    expect(topology).toContain('names: ["two"],');
    const told = plan.notes.of("decide").filter(({ subject }) => subject === "pdf");
    expect(told.map(({ text }) => text).join()).not.toMatch(/by compose's name|stops it for a moment/);
  });

  it("a service that others reach by its name keeps it, and stops for a moment in a deploy", async () => {
    const { plan, topology } = await folder
      .write({
        "compose.yaml":
          "services:\n  pdf_maker: { image: 'pdf:1', container_name: pdf, deploy: { replicas: 2 } }\n" +
          "  queue: { image: 'rabbitmq:3.13', volumes: ['q:/var/lib/rabbitmq'] }\n" +
          "  app: { image: 'shop:1', environment: { PDF: 'http://pdf_maker:3000', AMQP: 'amqp://queue' } }\n",
      })
      .import();
    const notes = plan.notes
      .of("decide")
      .map(({ text }) => text)
      .join("\n");
    expect(topology).toContain('names: ["pdf_maker", "pdf"],');
    expect(topology).toContain('names: ["queue"],');
    expect(topology).toContain("health: { tcp: true, port: 5672 },");
    expect(notes).not.toContain("by compose's name");
    expect(notes).toMatch(/others reach it by its name/);
    expect(notes).toMatch(/compose runs 2 of it/);
  });

  it("an image that is whatever is newest, which the check refuses until then", async () => {
    const made = await folder
      .write({ "compose.yaml": "services: { app: { image: shop } }\n" })
      .import({}, true);
    expect(made.plan.notes.of("decide")).toContainEqual(
      expect.objectContaining({
        text: expect.stringContaining("whatever is newest"),
        line: "./tandem config set shop:appImage shop:1.0.0 --system shop --stack staging",
      }),
    );
    const { problems } = await readStack({ projectDir: made.plan.target, stack: "staging", deep: false });
    expect(problems.map(({ kind, key }) => [kind, key])).toEqual([["image-without-tag", "shop:appImage"]]);
  });
});

describe("what clients of the servers must be told", () => {
  it.each([
    [
      "Redis by its host alone",
      "environment: { REDIS_HOST: cache }",
      /Redis' host, and Redis here asks for the user app.*REDIS_URL: redis\.url/,
    ],
    [
      "a database that no variable names",
      "depends_on: [db]",
      /no variable that is known here leads to it.*DATABASE_URL: postgres\.ownerUrl/,
    ],
    [
      "a volume of a user that nobody names",
      'volumes: ["files:/files"]',
      /belong to root.*owner: "1000:1000"/,
    ],
  ])("%s", async (_, lines, expected) => {
    const servers =
      "  db: { image: 'postgres:17.2', volumes: ['./init:/docker-entrypoint-initdb.d'] }\n  cache: { image: 'redis:7.2' }\n";
    const { notes, plan } = await told(lines, { "compose.yaml": "" }, "decide", servers);
    expect(notes).toMatch(expected);
    expect(plan.notes.of("decide").map(({ text }) => text)).toContainEqual(
      expect.stringContaining("/docker-entrypoint-initdb.d are not run"),
    );
  });
});

describe("what is better left out says why", () => {
  it.each([
    ["Docker's socket", 'volumes: ["/var/run/docker.sock:/var/run/docker.sock"]', /root on the host/],
    [
      "the source code",
      'build: .\nvolumes: [".:/app", "/app/node_modules"]',
      /the code is in the image[\s\S]*without a name/,
    ],
    ["logging", "logging: { driver: json-file }", /rotated/],
  ])("%s", async (_, lines, expected) => {
    const { notes, topology } = await told(lines, {}, "left");
    expect(notes).toMatch(expected);
    expect(topology).not.toContain("DataVolume");
  });
});

describe("one service", () => {
  it.each([
    ["user", "user: '1001:1001'", 'user: "1001:1001",'],
    ["read_only", "read_only: true", "writableRoot", false],
    ["cap_add", "user: '5:5'\ncap_add: [CAP_NET_ADMIN]", 'capabilities: ["NET_ADMIN"],'],
    ["tmpfs", 'tmpfs: ["/run:size=16m"]', 'temporary: { "/run": { sizeMb: 16 } },'],
    ["tmpfs in more words", 'tmpfs: ["/run//x/:size=16m"]', 'temporary: { "/run/x": { sizeMb: 16 } },'],
    [
      "ulimits",
      "ulimits: { nofile: { soft: 1, hard: 2 }, nproc: 5 }",
      "ulimits: { nofile: { soft: 1, hard: 2 }, nproc: 5 },",
    ],
    ["shell check", "healthcheck: { test: curl x }", 'health: { shell: "curl x" },'],
    ["entrypoint", "entrypoint: ./run it", 'entrypoint: ["./run", "it"],'],
    ["stop", "stop_grace_period: 1m\nstop_signal: SIGINT", "stopGraceSeconds: 60,"],
    [
      "a volume",
      'volumes: ["files:/files:ro"]',
      'volumes: [{ volume: filesVolume.volume, path: "/files", readOnly: true }],',
    ],
    ["a build's stage", "build: { context: ., target: web }", 'target: "web"'],
    [
      "devices",
      "devices: ['/dev/a:/dev/b:r', '/dev/c']\ngpus: all",
      'devices: [{ host: "/dev/a", container: "/dev/b", permissions: "r" }, { host: "/dev/c" }],',
    ],
    ["a build", "build: { context: ., args: { A: b } }", 'tag: "shop-app:dev", args: { A: "b" } },'],
    [
      "a file",
      'volumes: ["./a.conf:/etc/a.conf"]',
      'files: { "/etc/a.conf": readFileSync(join(import.meta.dirname, "../../a.conf"), "utf8") },',
    ],
  ])("%s", async (_, lines, expected, isThere = true) => {
    const { topology } = await told(lines, { "a.conf": "x" });
    if (isThere) expect(topology).toContain(expected);
    else expect(topology).not.toContain(expected);
  });

  it("whose port answered this machine only is led to by no hostname", async () => {
    const { topology } = await told('ports: ["127.0.0.1:9090:9090"]');
    expect(topology).toContain("publish: [{ port: 9090, hostPort: settings.appPort9090 }],");
    expect(topology).not.toContain("gateway");
  });

  it("that runs once becomes the migration of the one that waits for it, as the database's owner", async () => {
    const { topology } = await folder
      .write({
        "compose.yaml":
          "services:\n  db: { image: 'postgres:17' }\n" +
          "  migrate: { image: 'shop:1', command: npm run migrate, environment: { DATABASE_URL: 'postgres://db/x' } }\n" +
          "  app: { image: 'shop:1', depends_on: { migrate: { condition: service_completed_successfully } } }\n",
      })
      .import();
    expect(topology).toContain(
      'DATABASE_URL: postgres.url.apply((url) => url.replace(/^postgresql/, "postgres")),',
    );
    expect(topology).toMatch(
      /migration: \{ command: \["npm", "run", "migrate"\], secrets: \{ DATABASE_URL: postgres\.ownerUrl/,
    );
    expect(topology.match(/new AppService/g)).toHaveLength(1);
  });

  it("that must end well before others start becomes a Job that they wait for", async () => {
    const { topology, plan } = await folder
      .write({
        "compose.yaml":
          "services:\n" +
          "  seed: { image: 'seeder:1', command: ['plant', '--all'], restart: 'no', environment: { LEVEL: info } }\n" +
          "  init: { image: 'init:1' }\n" +
          "  app: { image: 'shop:1', expose: [80], depends_on: { seed: { condition: service_completed_successfully }, " +
          "init: { condition: service_completed_successfully } } }\n",
      })
      .import();
    expect(topology).toMatch(/const seed = new Job\("seed", \{[^}]*command: \["plant", "--all"\]/);
    expect(topology).toMatch(/LEVEL: "info"|LEVEL: settings/);
    expect(topology).toContain("dependsOn: [...seed.ready]");
    expect(topology).toContain('import { AppService, type Environment, Job } from "tandem";');
    expect(topology.slice(topology.indexOf("new Job"), topology.indexOf("new AppService"))).not.toMatch(
      /health|replicas|route/,
    );
    expect(topology).not.toContain("seed.containers");
    // Its image may name its command; the program has to.
    const notes = plan.notes.all.map(({ subject, text }) => `${subject}: ${text}`).join("\n");
    expect(notes).toMatch(/init.*its image's own command/);
    expect(notes).not.toMatch(/seed.*started again/);
  });
});
