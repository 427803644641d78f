// Keys of Kamal's configuration without a counterpart: each is told of with its reason, and nothing is lost in silence.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { accessory, job, KamalFolder, option, proxy } from "./testing.ts";

let folder: KamalFolder;

beforeEach(() => {
  folder = new KamalFolder();
});

afterEach(() => folder.remove());

describe("a key without a counterpart is told of", () => {
  it.each<[string, string, RegExp]>([
    ...[
      "aliases: { shell: app exec }",
      "boot: { limit: 1 }",
      "hooks_output: :verbose",
      "logging: { driver: local }",
    ].map((line): [string, string, RegExp] => [
      line,
      line,
      new RegExp(`^left all: ${line.split(":")[0]}: `, "m"),
    ]),
    ...[
      "minimum_version: 2.0.0",
      "output: { file: { path: /x } }",
      "readiness_delay: 9",
      "require_destination: true",
    ].map((line): [string, string, RegExp] => [
      line,
      line,
      new RegExp(`^left all: ${line.split(":")[0]}: `, "m"),
    ]),
    ...[
      "retain_containers: 3",
      "run_directory: /etc/kamal",
      "sshkit: { dns_retries: 1 }",
      "allow_empty_roles: true",
    ].map((line): [string, string, RegExp] => [
      line,
      line,
      new RegExp(`^left all: ${line.split(":")[0]}: `, "m"),
    ]),
    ["registry", "", /^left all: registry: .*registryAuth/m],
    ["labels", "labels: { a: b }", /^left web: labels/m],
    ["asset_path", "asset_path: /rails/public/assets", /^decide web: asset_path/m],
    ["error_pages_path", "error_pages_path: public", /^decide all: error_pages_path/m],
    ["hooks_path", "hooks_path: /srv/hooks", /^decide all: hooks_path lies outside/m],
    [
      "ssh",
      "ssh: { user: app, proxy: root@jump.example.com, keys: [~/.ssh/x] }",
      /^decide all: ssh\.proxy, ssh\.keys: .*~\/\.ssh\/config/m,
    ],
    ["traefik", "traefik: { args: {} }", /^decide all: traefik is Kamal 1's/m],
    ["healthcheck", "healthcheck: { path: /up }", /^decide all: healthcheck is Kamal 1's/m],
    ["a role's traefik", job("traefik: true"), /^decide job: traefik is Kamal 1's/m],
    ["a role's labels", job("labels: { a: b }"), /^left job: labels/m],
    ["a role's logging", job("logging: { driver: local }"), /^left job: logging/m],
    [
      "a role's asset_path",
      "servers: { web: { hosts: [localhost], asset_path: /assets } }",
      /^decide web: asset_path/m,
    ],
    [
      "a role without a host",
      "servers: { web: [localhost], job: { cmd: x } }",
      /^left job: the role job has no host/m,
    ],
    [
      "env.tags",
      "servers: { web: [{ localhost: one }] }\nenv: { clear: {}, tags: { one: { A: b } } }",
      /^decide web: variables of the tags one/m,
    ],
    [
      "a volume of the host",
      "volumes: ['/srv/files:/files']",
      /^decide web: the host's \/srv\/files at \/files is not taken/m,
    ],
    ["builder.arch", "builder: { arch: amd64 }", /^left web: builder\.arch: /m],
    ["builder.cache", "builder: { arch: amd64, cache: { type: gha } }", /^left web: builder\.cache: /m],
    [
      "builder.driver, remote, local",
      "builder: { driver: docker, remote: 'ssh://b', local: false }",
      /builder\.remote/,
    ],
    ["builder.provenance, sbom", "builder: { provenance: true, sbom: true }", /builder\.sbom/],
    [
      "builder.secrets",
      "builder: { arch: amd64, secrets: [TOKEN] }",
      /^decide web: builder\.secrets is not taken: build the image elsewhere/m,
    ],
    ["builder.ssh", "builder: { arch: amd64, ssh: default }", /^decide web: builder\.ssh is not taken/m],
    ["builder.pack", "builder: { arch: amd64, pack: { builder: x } }", /^decide all: builder\.pack/m],
    ["proxy.ssl", proxy("ssl: true"), /^decide web: proxy\.ssl: TLS ends before the gateway/m],
    [
      "proxy.ssl's certificate",
      proxy("ssl: { certificate_pem: A, private_key_pem: B }"),
      /^decide web: proxy\.ssl has a certificate/m,
    ],
    ["proxy.ssl_redirect", proxy("ssl_redirect: false"), /^left web: proxy\.ssl_redirect/m],
    ["proxy.forward_headers", proxy("forward_headers: true"), /^left web: proxy\.forward_headers/m],
    ["proxy.response_timeout", proxy("response_timeout: 10"), /^left web: proxy\.response_timeout/m],
    ["proxy.logging", proxy("logging: {}"), /^left web: proxy\.logging/m],
    ["proxy.run", proxy("run: { http_port: 8080 }"), /^left web: proxy\.run/m],
    [
      "proxy.buffering",
      proxy("buffering: { requests: true, max_request_body: 40_000_000 }"),
      /^decide web: proxy\.buffering\.max_request_body .*maxBodyMb 39 --system shop --stack production/m,
    ],
    [
      "a path that is taken away",
      proxy("path_prefix: '/api,/oauth'"),
      /^decide web: Kamal's proxy takes \/api away/m,
    ],
    [
      "paths beside the first",
      proxy("path_prefix: '/api,/oauth'"),
      /^decide web: proxy\.path_prefixes has 2 paths.*path: "\/oauth"/m,
    ],
    ["no hostname", "", /^decide web: it answers to staging-shop\.localhost .* Kamal names no hostname/m],
    [
      "options.privileged",
      option("privileged: true"),
      /^decide job: options\.privileged is not taken: it would be root/m,
    ],
    ["options.security-opt", option("security-opt: [x]"), /^decide job: options\.security-opt is not taken/m],
    ["options.cap-drop", option("cap-drop: ALL"), /^left job: options\.cap-drop: /m],
    [
      "options.network",
      option("network: private"),
      /^decide job: options\.network is not taken: a service is on/m,
    ],
    ["options.label", option("label: a=b"), /^left job: options\.label/m],
    ["options.restart", option("restart: 'no'"), /^decide job: its restart is "no"/m],
    [
      "an option that nobody knows",
      option("oom-score-adj: 5"),
      /^decide job: options\.oom-score-adj is not taken/m,
    ],
    ["accessories.network", accessory("network: own"), /^left data: network/m],
    ["accessories.labels", accessory("labels: { a: b }"), /^left data: labels/m],
    [
      "accessories.registry",
      accessory("registry: { username: a, password: [B] }"),
      /^decide data: its registry's login/m,
    ],
    [
      "a file of ERB",
      accessory("files: ['my.cnf.erb:/etc/my.cnf']"),
      /^decide data: the file my\.cnf\.erb is ERB/m,
    ],
    [
      "mode of a file",
      accessory("directories: [{ local: d, remote: /d, mode: '0750' }]"),
      /^left data: mode and owner/m,
    ],
    [
      "accessories.hosts",
      "accessories: { data: { image: 'mysql:8.4', hosts: [10.0.0.1, 10.0.0.2] } }",
      /^decide data: it ran on 10\.0\.0\.1, 10\.0\.0\.2/m,
    ],
    [
      "a cron role",
      "servers: { web: [localhost], cron: { hosts: [localhost], cmd: cron -f } }",
      /^decide cron: in a deploy .*\| replace: "stop-first"/m,
    ],
    [
      "a key that nobody knows",
      "colour: red",
      /^decide all: config\/deploy\.yml:\d+ has colour, which Kamal doesn't know: it is not taken/m,
    ],
    ["one of a role's", job("colour: red"), /^decide all: config\/deploy\.yml:\d+ has servers\.job\.colour/m],
  ])("%s", async (_, lines, expected) => {
    const { told } = await folder.kamal(lines);
    expect(told).toMatch(expected);
  });

  it("hooks", async () => {
    const hooks = { ".kamal/hooks/pre-deploy": "#!/bin/sh\n", ".kamal/hooks/post-deploy.sample": "" };
    const { told } = await folder.kamal("", hooks);
    expect(told).toMatch(/decide all: the hook \.kamal\/hooks\/pre-deploy is not run.*\| migration:/);
    expect(told).not.toContain("post-deploy");
  });

  it("no message speaks of compose", async () => {
    const { told } = await folder.kamal(
      `${option("privileged: true, cap-drop: ALL")}\nvolumes: ['/x:/x']\n${accessory("port: 3306")}`,
    );
    expect(told).not.toMatch(/compose/i);
  });
});
