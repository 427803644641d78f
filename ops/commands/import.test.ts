// What compose files become: which components, what goes into the topology, the settings and the stack files, what stays
// out, and that no secret is in any text.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { readStack } from "../../infra/check/index.ts";
import { ImportFolder } from "../import/testing/folder.ts";

let folder: ImportFolder;

beforeEach(() => {
  folder = new ImportFolder();
});

afterEach(() => folder.remove());

const BASE = `services:
  db:
    image: postgres:17.2
    environment: { POSTGRES_USER: shop, POSTGRES_PASSWORD: "\${DB_PASSWORD}", POSTGRES_DB: shopdb }
    volumes: ["pgdata:/var/lib/postgresql/data"]
  cache: { image: "redis:7.2" }
  app:
    image: registry.example.com/shop:\${TAG}
    environment:
      DATABASE_URL: "postgresql://shop:\${DB_PASSWORD}@db:5432/shopdb"
      DB_HOST: db
      DB_USER: shop
      DB_NAME: shopdb
      DB_PASSWORD: \${DB_PASSWORD}
      REDIS_URL: redis://cache:6379/2
      SAME: everywhere
      JWT_SECRET: \${JWT_SECRET}
      PUBLIC_URL: https://\${DOMAIN}
    expose: ["8080"]
    depends_on: [db, cache]
    labels: ["traefik.http.routers.app.rule=Host(\`\${DOMAIN}\`)"]
    healthcheck: { test: [CMD, ./check], interval: 5s }
  traefik:
    image: traefik:v3.2
    volumes: ["/var/run/docker.sock:/var/run/docker.sock:ro"]
`;
const FILES = {
  "docker-compose.yml": BASE,
  "docker-compose.staging.yml":
    "services:\n  app: { environment: { LOG: debug } }\n  mail: { image: 'mailpit:v1.20', ports: ['8025:8025', '1025:1025'] }\n",
  "docker-compose.prod.yml":
    "services:\n  app: { environment: { LOG: info }, deploy: { replicas: 2, resources: { limits: { memory: 1g } } } }\n",
  ".env.staging":
    "DB_PASSWORD=hunter2-staging\nJWT_SECRET=hunter3-staging\nDOMAIN=staging.shop.example\nTAG=2.0.0\n",
  ".env.production": "DB_PASSWORD=hunter2-prod\nJWT_SECRET=hunter3-prod\nDOMAIN=shop.example\nTAG=1.9.0\n",
};

describe("a pair of compose files", () => {
  it("becomes components, with variables that follow from them", async () => {
    const { topology } = await folder.write(FILES).import();
    for (const line of [
      'const postgres = new PgDatabase("postgres", { env, server: ownPostgres(settings) });',
      "const gateway = createGateway(env, settings);",
      'const app = new AppService("app", {',
      "route: { gateway, hostnames: [settings.hostname] },",
      "DATABASE_URL: postgres.ownerUrl,",
      'DB_HOST: env.name("postgres"),',
      `DB_USER: \`\${postgres.database}_owner\`,`,
      "DB_NAME: postgres.database,",
      "DB_PASSWORD: postgres.ownerUrl.apply(passwordIn),",
      'REDIS_URL: redis.url.apply((url) => url.replace(/0$/, "2")),',
      'SAME: "everywhere",',
      'health: { command: ["./check"], intervalSeconds: 5 },',
      "dependsOn: [...postgres.ready, ...redis.ready],",
    ]) {
      expect(topology).toContain(line);
    }
    expect(topology).not.toMatch(/["'`](staging|production)["'`]/);
    expect(topology).not.toContain("traefik");
  });

  it("has what differs in the stack files, and a service of one environment behind a switch", async () => {
    const { topology, text } = await folder.write(FILES).import();
    const of = (stack: string) => parse(text(`Pulumi.${stack}.yaml`)).config;
    expect(of("staging")).toMatchObject({
      "shop:hostname": "staging.shop.example",
      "shop:appImage": "registry.example.com/shop:2.0.0",
      "shop:environment": { app: { LOG: "debug", PUBLIC_URL: "https://staging.shop.example" } },
      "shop:limits": { app: { memory: "512m" } },
      "shop:mailEnabled": true,
      "shop:protectData": false,
    });
    expect(of("production")).toMatchObject({
      "shop:hostname": "shop.example",
      "shop:appImage": "registry.example.com/shop:1.9.0",
      "shop:appReplicas": 2,
    });
    expect(of("production")).not.toHaveProperty("shop:mailEnabled");
    expect(topology).toContain("const mail = settings.mailEnabled");
    expect(topology).toContain("publish: [{ port: 1025, hostPort: settings.mailPort1025 }],");
  });

  it("passes the check", async () => {
    const { plan } = await folder.write(FILES).import({}, true);
    for (const stack of ["staging", "production"]) {
      const { problems } = await readStack({ projectDir: plan.target, stack, deep: false });
      expect(problems).toEqual([]);
    }
  });

  it("shows no secret in any file, nor in what it tells", async () => {
    const { plan, files } = await folder.write(FILES).import();
    const all = [...files.values()].join("\n") + JSON.stringify(plan.notes.all);
    expect(all).not.toMatch(/hunter[23]/);
    const app = plan.apps.find(({ service }) => service.role === "app");
    expect(app?.variables.sealed).toEqual({
      staging: { JWT_SECRET: "hunter3-staging" },
      production: { JWT_SECRET: "hunter3-prod" },
    });
  });
});
