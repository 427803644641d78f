// Keys of Kamal's configuration that have a counterpart: what each becomes.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { accessory, job, KamalFolder, option, proxy } from "./testing.ts";

let folder: KamalFolder;

beforeEach(() => {
  folder = new KamalFolder();
});

afterEach(() => folder.remove());

describe("a key that has a counterpart becomes it", () => {
  it.each<[string, string, RegExp]>([
    ["service", "", /defineSystem\(\{ name: "shop"/],
    [
      "image, builder.context",
      "",
      /image: \{ context: join\(import\.meta\.dirname, ".+"\), tag: "shop-web:dev"/,
    ],
    ["servers", "", /new AppService\("web"/],
    [
      "primary_role",
      "primary_role: site\nservers: { site: [localhost] }",
      /new AppService\("site"[\s\S]*route: \{/,
    ],
    [
      "builder.dockerfile",
      "builder: { arch: amd64, dockerfile: docker/Dockerfile }",
      /dockerfile: "docker\/Dockerfile"/,
    ],
    ["builder.target", "builder: { arch: amd64, target: prod }", /target: "prod"/],
    ["builder.args", "builder: { arch: amd64, args: { RUBY: 3 } }", /args: \{ RUBY: "3" \}/],
    ["env", "env: { A: 1, B: true, C: null }", /A: "1",\s+B: "true",\s+C: ""/],
    [
      "numbers of env, as they are written",
      "env: { clear: { V: 8.0, ID: 12345678901234567890, DOT: . } }",
      /DOT: "\.",\s+ID: "12345678901234567890",\s+V: "8\.0"/,
    ],
    ["env.clear", "env: { clear: { A: x } }", /A: "x"/],
    [
      "volumes",
      "volumes: ['files:/rails/storage']",
      /volumes: \[\{ volume: filesVolume\.volume, path: "\/rails\/storage" \}\]/,
    ],
    ["deploy_timeout", "deploy_timeout: 90", /healthTimeoutSeconds: 90/],
    ["drain_timeout", "drain_timeout: 45", /stopGraceSeconds: 45/],
    ["stop_timeout", "stop_timeout: 50\ndrain_timeout: 45", /stopGraceSeconds: 50/],
    [
      "proxy.host",
      "proxy: { host: shop.example.com }",
      /route: \{ gateway, hostnames: \[settings\.hostname\] \}/,
    ],
    ["proxy.hosts", "proxy: { hosts: [shop.example.com, www.shop.example.com] }", /settings\.aliases/],
    ["proxy.app_port", proxy("app_port: 3000"), /port: 3000/],
    ["proxy.app_port's default", "", /port: 80,/],
    ["proxy.path_prefix", proxy("path_prefix: /api/, strip_path_prefix: false"), /path: "\/api" \}/],
    ["proxy.path_prefixes", proxy("path_prefixes: [/api]"), /path: "\/api" \}/],
    [
      "proxy.healthcheck",
      proxy("healthcheck: { path: health, interval: 3, timeout: 2 }"),
      /health: \{ http: "\/health", intervalSeconds: 3, timeoutSeconds: 2 \}/,
    ],
    ["proxy.healthcheck's default", "", /health: \{ http: "\/up" \}/],
    ["a role's cmd", job("options: {}"), /command: \["bin\/jobs"\]/],
    ["a role's env", job("env: { clear: { ONLY: job } }"), /ONLY: "job"/],
    ["a role's stop_timeout", job("stop_timeout: 70"), /stopGraceSeconds: 70/],
    ["a worker's time to end", job("options: {}"), /job: \{[\s\S]*stopGraceSeconds: 30/],
    [
      "a role's proxy",
      job("proxy: { host: jobs.example.com, app_port: 7433 }"),
      /port: 7433,\s+route: \{ gateway, hostnames: \[settings\.jobHostname\] \}/,
    ],
    ["options.user", option("user: '1000:1000'"), /user: "1000:1000"/],
    ["options.cap-add", option("cap-add: [SYS_PTRACE]"), /"SYS_PTRACE"/],
    [
      "options.add-host",
      option("add-host: ['host.docker.internal:host-gateway']"),
      /extraHosts: \{ "host\.docker\.internal": "host-gateway" \}/,
    ],
    ["options.shm-size", option("shm-size: 256m"), /shmMb: 256/],
    [
      "options.ulimit",
      option("ulimit: 'nofile=1024:2048'"),
      /ulimits: \{ nofile: \{ soft: 1024, hard: 2048 \} \}/,
    ],
    [
      "options.sysctl",
      option("sysctl: net.core.somaxconn=1024"),
      /sysctls: \{ "net\.core\.somaxconn": "1024" \}/,
    ],
    ["options.tmpfs", option("tmpfs: /cache:size=10m"), /temporary: \{ "\/cache": \{ sizeMb: 10 \} \}/],
    ["options.workdir", option("workdir: /srv"), /workingDir: "\/srv"/],
    ["options.entrypoint", option("entrypoint: bin/entry"), /entrypoint: \["bin\/entry"\]/],
    ["options.stop-signal", option("stop-signal: SIGQUIT"), /stopSignal: "SIGQUIT"/],
    ["options.gpus", option("gpus: all"), /gpus: "all"/],
    ["options.group-add", option("group-add: 20"), /groups: \["20"\]/],
    ["options.volume", option("volume: ['cache:/cache']"), /volume: cacheVolume\.volume, path: "\/cache"/],
    [
      "options.health-cmd",
      option("health-cmd: bin/check, health-interval: 5s, health-retries: 4"),
      /health: \{ shell: "bin\/check", intervalSeconds: 5, retries: 4 \}/,
    ],
    ["options.publish", option("publish: ['127.0.0.1:9394:9394']"), /hostPort: settings\.jobPort9394/],
    ["accessories.image", accessory(""), /new AppService\("data", \{[\s\S]*image: settings\.dataImage/],
    ["accessories.service", `${accessory("service: store")}\nenv: { HOST: store }`, /names: \["store"\]/],
    ["accessories.cmd", accessory("cmd: --skip-log"), /command: \["--skip-log"\]/],
    ["accessories.env", accessory("env: { clear: { A: b } }"), /A: "b"/],
    ["accessories.port", accessory("port: '127.0.0.1:3306:3306'"), /publish: \[\{ port: 3306/],
    ["accessories.volumes", accessory("volumes: ['mysql:/var/lib/mysql']"), /new DataVolume\("mysql"/],
    [
      "accessories.directories",
      accessory("directories: ['data:/var/lib/mysql']"),
      /new DataVolume\("data-data"/,
    ],
    [
      "accessories.files",
      accessory("files: ['config/my.cnf:/etc/mysql/my.cnf']"),
      /files: \{ "\/etc\/mysql\/my\.cnf": readFileSync/,
    ],
    ["accessories.options", accessory("options: { user: '999:999' }"), /user: "999:999"/],
    [
      "accessories.proxy",
      accessory("proxy: { host: data.example.com, app_port: 7700 }", "getmeili/meilisearch:v1.12"),
      /hostnames: \[settings\.(dataHostname|hostname)\]/,
    ],
    [
      "accessories.roles",
      "accessories: { data: { image: 'mysql:8.4', roles: [web] } }",
      /new AppService\("data"/,
    ],
    ["Postgres", accessory("", "postgres:17.2"), /new PgDatabase\("postgres"/],
    ["Valkey", accessory("", "valkey/valkey:8.0"), /new RedisInstance\("redis"/],
    ["x- keys and anchors", "x-a: &a { A: b }\nenv: { clear: { <<: *a } }", /A: "b"/],
  ])("%s", async (_, lines, expected) => {
    const files = { "docker/Dockerfile": "FROM scratch\n", "config/my.cnf": "[mysqld]\n" };
    const { topology } = await folder.kamal(lines, files);
    expect(topology).toMatch(expected);
  });

  it("limits stand in the settings", async () => {
    const { settings } = await folder.kamal(option("cpus: 2, memory: 2g, pids-limit: 99"));
    expect(settings).toContain('job: { cpus: 2, memory: "2048m", pids: 99 }');
  });
});

it("a file of Docker Swarm that is called so is compose's", async () => {
  folder.write({ "deploy.yml": "services: { app: { image: 'app:1' } }\n" });
  const { topology } = await folder.import({ staging: ["deploy.yml"], production: ["deploy.yml"] });
  expect(topology).toContain('new AppService("app"');
});
