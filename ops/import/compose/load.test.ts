// Compose files read as compose reads them: forms, merging, include, extends, env_file, profiles; and what is refused.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type ComposeSource, loadCompose } from "./load.ts";
import { servicesOf } from "./model.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tandem-compose-"));
});

afterEach(() => rmSync(folder, { recursive: true }));

function load(files: Record<string, string>, options: Partial<ComposeSource> = {}) {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  const names = Object.keys(files).filter((name) => /^[a-z]+\.yml$/.test(name));
  return loadCompose({ folder, files: names, ...options });
}

/** The one service of a file. */
function service(body: string, more: Record<string, string> = {}) {
  const indented = body
    .split("\n")
    .map((line) => `    ${line}`)
    .join("\n");
  const [only] = servicesOf(load({ "a.yml": `services:\n  web:\n    image: web:1\n${indented}\n`, ...more }));
  if (only === undefined) throw new Error("no service");
  return only;
}

describe("short and long forms mean the same", () => {
  it.each([
    ["environment", 'environment: ["A=1", "B=x=y", "C="]', "environment: { A: 1, B: x=y, C: '' }"],
    ["labels", 'labels: ["a=1", "b"]', "labels: { a: 1, b: '' }"],
    ["command", "command: sh -c 'a b'", 'command: ["sh", "-c", "a b"]'],
    ["healthcheck", "healthcheck: { test: curl x }", 'healthcheck: { test: ["CMD-SHELL", "curl x"] }'],
    ["depends_on", "depends_on: [db]", "depends_on: { db: { condition: service_started } }"],
    [
      "ports",
      'ports: ["127.0.0.1:8080:80/tcp", "5000-5001:6000-6001/udp", 3000]',
      "ports: [{ target: 80, published: '8080', host_ip: 127.0.0.1, protocol: tcp }, { target: 6000, published: 5000, protocol: udp }, { target: 6001, published: 5001, protocol: udp }, { target: 3000 }]",
    ],
    [
      "volumes",
      'volumes: ["data:/data:ro", "./conf:/conf", "/cache"]',
      "volumes: [{ type: volume, source: data, target: /data, read_only: true }, { type: bind, source: ./conf, target: /conf }, { type: volume, target: /cache }]",
    ],
    ["build", "build: ./app", "build: { context: app }"],
    ["tmpfs", "tmpfs: /run", "tmpfs: [/run]"],
    ["secrets", "secrets: [key]", "secrets: [{ source: key }]"],
    [
      "limits",
      "mem_limit: 1g\ncpus: 0.5",
      'deploy: { resources: { limits: { cpus: "0.5", memory: 1024M } } }',
    ],
    ["replicas", "scale: 3", "deploy: { replicas: 3 }"],
  ])("%s", (_, short, long) => {
    expect(service(short)).toEqual(service(long));
  });

  it("anchors and merge keys are filled in, and x- keys are no part of it", () => {
    const { services } = load({
      "a.yml":
        "x-base: &base { image: web:1, environment: { A: '1' } }\nservices:\n  web: { <<: *base, x-note: y, init: true }\n",
    });
    expect(services.web).toMatchObject({ image: "web:1", environment: { A: "1" }, init: true });
  });
});

describe("other files", () => {
  it("extends takes a service of another file, with paths from there", () => {
    const { services } = load({
      "a.yml":
        "services:\n  web: { extends: { file: base/common.yml, service: app }, environment: { B: '2' } }\n",
      "base/common.yml": "services:\n  app: { build: ., environment: { A: '1' }, depends_on: [db] }\n",
    });
    expect(services.web).toEqual({
      build: { context: join(folder, "base") },
      environment: { A: "1", B: "2" },
    });
  });

  it("include brings services, and the file itself wins", () => {
    const { services } = load({
      "a.yml": "include: [more/other.yml]\nservices:\n  web: { image: web:1 }\n",
      "more/other.yml": "services:\n  web: { image: web:0, init: true }\n  db: { image: db:1 }\n",
    });
    expect(services).toMatchObject({ web: { image: "web:1", init: true }, db: { image: "db:1" } });
  });

  it("env_file is below environment, and one that isn't there is told of unless it need not be", () => {
    const { services, missingEnvFiles } = load({
      "a.yml":
        "services:\n  web:\n    image: web:1\n    environment: { B: own }\n    env_file: [one.env, gone.env, { path: other.env, required: false }]\n",
      "one.env": "A=1\nB=2\n",
    });
    expect(services.web?.environment).toEqual({ A: "1", B: "own" });
    expect(missingEnvFiles).toEqual([{ service: "web", file: "gone.env" }]);
  });

  it(".env fills in, and another file in its place does", () => {
    const files = {
      "a.yml": "services: { web: { image: 'web:$TAG' } }\n",
      ".env": "TAG=1\n",
      "other.env": "TAG=2\n",
    };
    expect(load(files).services.web?.image).toBe("web:1");
    expect(load(files, { envFiles: ["other.env"] }).services.web?.image).toBe("web:2");
  });

  it("profiles turn services on, and so does a service that needs one", () => {
    const files = {
      "a.yml":
        "services:\n  web: { image: web:1, depends_on: [db] }\n  db: { image: db:1, profiles: [data] }\n  admin: { image: admin:1, profiles: [tools] }\n",
    };
    expect(Object.keys(load(files).services)).toEqual(["web", "db"]);
    expect(load(files).withoutProfile).toEqual(["admin"]);
    expect(Object.keys(load(files, { profiles: ["tools"] }).services)).toContain("admin");
  });
});

describe("what is no compose file is refused, by file and line", () => {
  it.each([
    [
      "an unknown key",
      "services:\n  web:\n    image: web:1\n    prots: [80]\n",
      /^a\.yml:4 has services\.web\.prots, which compose doesn't know/,
    ],
    [
      "a wrong form",
      "services:\n  web:\n    image: [web]\n",
      /^a\.yml:3 has services\.web\.image in a form .* it must be text/,
    ],
    [
      "a wrong word",
      "services:\n  web:\n    image: web:1\n    depends_on: { db: { condition: soon } }\n",
      /^a\.yml:4 .* is none of service_started/,
    ],
    ["a tab", "services:\n\tweb: {}\n", /^a\.yml:2 is indented with a tab/],
    [
      "a key that stands twice",
      "services:\n  web: { image: a:1 }\n  web: { image: b:1 }\n",
      /^a\.yml:3 has web twice/,
    ],
    ["a variable without an end", "services:\n  web:\n    image: web:${TAG\n", /^a\.yml:3 has a brace/],
    [
      "a command with an open quote",
      'services:\n  web: { command: "sh -c \'a" }\n',
      /^a\.yml has the service web, whose command has a quote/,
    ],
    ["an alias to itself", "x-a: &a [*a]\nservices: {}\n", /aliases \(\*name\) that can't be resolved/],
    ["a service that extends itself", "services:\n  web: { extends: web }\n", /extends itself/],
    [
      "an extended service that isn't there",
      "services:\n  web: { extends: other }\n",
      /extends other, and there is none/,
    ],
  ])("%s", (_, text, reason) => {
    expect(() => load({ "a.yml": text })).toThrow(new RegExp(reason.source.replace("^", "(^|\\n  )")));
  });

  it("and a file that isn't there", () => {
    expect(() => loadCompose({ folder, files: ["gone.yml"] })).toThrow(/^gone\.yml can't be read: ENOENT/);
  });

  it.each([
    "    environment: { A: [hunter2] }",
    "    environment: { A=hunter2: [x] }",
    "    environment=hunter2: 1",
  ])("without a value of it, which may be secret: %s", (line) => {
    const text = `services:\n  web:\n    image: web:1\n${line}\n`;
    let message = "";
    try {
      load({ "a.yml": text });
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message).toContain("a.yml:4 has services.web.environment");
    expect(message).not.toContain("hunter2");
  });
});
