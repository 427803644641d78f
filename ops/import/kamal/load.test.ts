// Kamal's files read as Kamal reads them: destinations, roles, secrets, addresses, hosts.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { KamalFolder, PROJECT } from "./testing.ts";

let folder: KamalFolder;

beforeEach(() => {
  folder = new KamalFolder();
});

afterEach(() => folder.remove());

const stackOf = (text: (name: string) => string, stack: string) => parse(text(`Pulumi.${stack}.yaml`)).config;

describe("destinations", () => {
  const base = `servers: { web: [localhost], job: { hosts: [localhost], cmd: bin/jobs } }
env: { clear: { SAME: everywhere, LOG: info, LIST: a } }
proxy: { host: shop.example.com, app_port: 3000 }`;

  it("the destination's file goes over the base: maps by key, all else as a whole", async () => {
    const { text, topology, told } = await folder.kamal(base, {
      "config/deploy.staging.yml":
        "env: { clear: { LOG: debug } }\nproxy: { host: staging.shop.example.com }\nservers: { job: [] }\n",
    });
    expect(stackOf(text, "staging")).toMatchObject({
      "shop:hostname": "staging.shop.example.com",
      "shop:environment": { app: { LOG: "debug" } },
    });
    expect(stackOf(text, "production")).toMatchObject({
      "shop:hostname": "shop.example.com",
      "shop:environment": { app: { LOG: "info" } },
      "shop:jobEnabled": true,
    });
    expect(topology).toContain('SAME: "everywhere"');
    expect(topology).toContain("port: 3000");
    expect(told).toContain("the role job has no host in the destination staging");
  });

  it("one alone, or none, is what both environments are read from, and a further one is told of", async () => {
    const { plan, told } = await folder.kamal(base, {
      "config/deploy.production.yml": "env: { clear: { LOG: warn } }\n",
      "config/deploy.eu.yml": "env: { clear: { LOG: warn } }\n",
    });
    expect(plan.sources).toEqual({
      staging: ["config/deploy.yml"],
      production: ["config/deploy.yml", "config/deploy.production.yml"],
    });
    expect(told).toMatch(/config\/deploy\.eu\.yml is not read.*\| .*tandem import .*deploy\.eu\.yml/);
  });

  it("an environment without a destination is no base without hosts", async () => {
    const { plan, told } = await folder.kamal("servers: { web: {} }", {
      "config/deploy.staging.yml": "servers: { web: [localhost] }\n",
    });
    expect(plan.sources.production).toEqual(["config/deploy.yml", "config/deploy.staging.yml"]);
    expect(told).toContain("no destination is production's: it was read from staging's files");
  });

  it("where no file names a host, neither was read from the other's", async () => {
    const { told } = await folder.kamal(
      "servers: { web: {} }\naccessories: { data: { image: 'mysql:8.4', host: localhost } }",
    );
    expect(told).not.toContain("it was read from");
    expect(told).toContain("the role web has no host in production");
  });

  it("flags say which is which", async () => {
    folder.write({
      "config/deploy.yml": `${PROJECT}${base}`,
      "config/deploy.beta.yml": "proxy: { host: beta.example.com }\n",
      Dockerfile: "",
    });
    const { text } = await folder.import({
      staging: ["config/deploy.yml", "config/deploy.beta.yml"],
      production: ["config/deploy.yml"],
    });
    expect(stackOf(text, "staging")["shop:hostname"]).toBe("beta.example.com");
  });

  it("compose files beside Kamal's: one for development is left out, an environment's is asked about", async () => {
    const { told } = await folder.kamal("", {
      "compose.yaml": "services: { db: { image: 'postgres:17' } }\n",
    });
    expect(told).toContain("left all: compose.yaml is not read");
    folder.write({ "compose.production.yaml": "services: {}\n" });
    const refused = await folder.import().catch((error: { message: string; fix: string }) => error);
    expect(refused).toMatchObject({
      message: expect.stringMatching(/config\/deploy\.yml and compose files of environments/),
      fix: expect.stringMatching(
        /: \.\/tandem import \S+ --staging config\/deploy\.yml --production config\/deploy\.yml$/,
      ),
    });
  });
});

describe("secrets", () => {
  const env = "env: { secret: [API_KEY, LOGIN:DB_LOGIN, FROM_SHELL, FROM_COMMAND, NOWHERE, UNSET] }\n";
  const secrets = {
    ".kamal/secrets-common": "API_KEY=hunter2-common\nDB_LOGIN='hunter2-$literal'\n",
    ".kamal/secrets":
      'API_KEY="hunter2-own"\nFROM_SHELL=$SHELL_KEY\nALL=$(touch ran \\\n  --more)\nFROM_COMMAND=$(kamal secrets extract X $ALL)\nUNSET=$UNSET\n',
  };
  const shell = (name: string) => (name === "SHELL_KEY" ? "hunter2-shell" : undefined);

  it("have the values that stand there or in the shell, each encrypted, and none is shown", async () => {
    const { plan, files, told } = await folder.kamal(env, secrets, shell);
    const [web] = plan.apps;
    expect(web?.variables.sealed.production).toEqual({
      API_KEY: "hunter2-own",
      LOGIN: "hunter2-$literal",
      FROM_SHELL: "hunter2-shell",
    });
    expect([...files.values()].join("\n") + told).not.toContain("hunter2");
    expect(told).toContain("FROM_SHELL of production has the value of this shell's variable SHELL_KEY");
  });

  it("whose values a command gives are asked for, and no command is run", async () => {
    const { told } = await folder.kamal(env, secrets, shell);
    expect(told).toMatch(
      /FROM_COMMAND of staging has no value: \.kamal\/secrets:5 runs a command for it, which an import never does \| .*config set --path shop:secrets\.web\.FROM_COMMAND --secret --system shop --stack staging/,
    );
    expect(told).toMatch(
      /UNSET of production has no value: \.kamal\/secrets takes it from the shell's variable UNSET/,
    );
    expect(told).toMatch(
      /NOWHERE of production has no value: neither \.kamal\/secrets-common nor \.kamal\/secrets gives/,
    );
    for (const place of [process.cwd(), folder.root]) expect(existsSync(join(place, "ran"))).toBe(false);
  });

  it("of a destination are its own file's", async () => {
    const { plan } = await folder.kamal("env: { secret: [API_KEY] }", {
      "config/deploy.staging.yml": "labels: {}\n",
      ".kamal/secrets": "API_KEY=hunter2-production\n",
      ".kamal/secrets.staging": "API_KEY=hunter2-staging\n",
    });
    expect(plan.apps[0]?.variables.sealed).toEqual({
      staging: { API_KEY: "hunter2-staging" },
      production: { API_KEY: "hunter2-production" },
    });
  });

  it("are secret whatever they are called, also in a command", async () => {
    const { files, told } = await folder.kamal(
      "servers: { web: { hosts: [localhost], cmd: serve plainword9 } }\nenv: { secret: [PLAIN] }",
      { ".kamal/secrets": "PLAIN=plainword9\n" },
    );
    expect([...files.values()].join("\n") + told).not.toContain("plainword9");
    expect(told).toContain("its command seems to hold a secret");
  });
});

describe("what leads to an accessory leads to its component", () => {
  const accessories = `accessories:
  db: { image: "postgres:17.2", host: 10.0.0.9, port: "5432:5432", env: { clear: { POSTGRES_USER: shop, POSTGRES_DB: shop_db }, secret: [POSTGRES_PASSWORD] } }
  cache: { image: "redis:7.2", host: 10.0.0.9, port: 6379 }
  search: { image: "getmeili/meilisearch:v1.12", host: 10.0.0.9, port: "127.0.0.1:7701:7700" }\n`;

  it.each([
    ["by its container's name", "DB_HOST: shop-db", 'DB_HOST: env.name("postgres")'],
    [
      "in a URL",
      "REDIS_URL: redis://shop-cache:6379/1",
      'REDIS_URL: redis.url.apply((url) => url.replace(/0$/, "1"))',
    ],
    ["by its host's address", "DB_HOST: 10.0.0.9", 'DB_HOST: env.name("postgres")'],
    ["by address in a URL", "A_URL: redis://10.0.0.9:6379/0", "A_URL: redis.url"],
    ["by address and port", "PLACE: 10.0.0.9:5432", `PLACE: \`\${env.name("postgres")}:5432\``],
    ["by a published port", "MEILI_URL: 'http://10.0.0.9:7701'", 'MEILI_URL: "http://shop-search:7700"'],
    ["by its database", "DB_NAME: shop_db, DB_HOST: shop-db", "DB_NAME: postgres.database"],
  ])("%s", async (_, line, expected) => {
    const { topology } = await folder.kamal(`env: { clear: { ${line} } }\n${accessories}`);
    expect(topology).toContain(expected);
  });

  it("an address alone leads nowhere", async () => {
    const { topology } = await folder.kamal(`env: { clear: { APP_HOST: 10.0.0.9 } }\n${accessories}`);
    expect(topology).toContain('APP_HOST: "10.0.0.9"');
  });

  it("its password alone", async () => {
    const { topology, told } = await folder.kamal(`env: { secret: [POSTGRES_PASSWORD] }\n${accessories}`);
    expect(topology).toContain("POSTGRES_PASSWORD: postgres.ownerUrl.apply(passwordIn)");
    expect(topology).toContain("dependsOn: [...postgres.ready]");
    expect(told).not.toContain("POSTGRES_PASSWORD of");
  });

  it("its password, and a URL that nobody knows", async () => {
    const { topology, told } = await folder.kamal(
      `env: { clear: { DB_HOST: shop-db }, secret: [POSTGRES_PASSWORD, DATABASE_URL] }\n${accessories}`,
    );
    expect(topology).toContain("POSTGRES_PASSWORD: postgres.ownerUrl.apply(passwordIn)");
    expect(topology).toContain("DATABASE_URL: postgres.ownerUrl,");
    expect(told).toContain(
      "DATABASE_URL has no value that is known here, and is taken to lead to the accessory db",
    );
  });
});

describe("hosts", () => {
  it("one is the Docker host, with the login of ssh; a database there is reached through a forward", async () => {
    const { text } = await folder.kamal(
      "servers: [192.168.0.1]\nssh: { user: app, port: 2222 }\naccessories: { db: { image: 'postgres:17.2', roles: [web] } }",
      { "config/deploy.staging.yml": "servers: [192.168.0.2]\n" },
    );
    expect(stackOf(text, "staging")).toMatchObject({
      "shop:dockerHost": "ssh://app@192.168.0.2:2222",
      "tandem:policies": { host: { name: "shop-staging" } },
    });
    const production = stackOf(text, "production");
    expect(production["shop:dockerHost"]).toBe("ssh://app@192.168.0.1:2222");
    expect(production["shop:postgresForwardPort"]).toBe(production["shop:postgresPort"] + 1000);
  });

  it.each([
    [
      "several",
      "servers: [192.168.0.1, 192.168.0.2]",
      /production ran on 2 hosts.*config set shop:dockerHost ssh:\/\/root@192\.168\.0\.1 /,
    ],
    [
      "one that isn't known",
      "servers: ['<%= ENV[\"HOST\"] %>']",
      /the host of staging, \$\{HOST\}, is not known/,
    ],
    ["one that can be none", "servers: ['-oProxyCommand=x']", /is not known here/],
  ])("%s need a decision", async (_, lines, expected) => {
    const { text, told } = await folder.kamal(lines);
    expect(told).toMatch(expected);
    expect(text("Pulumi.production.yaml")).not.toContain("dockerHost");
  });
});
