// Two systems in one repository: what one has, the other may not.
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { projectConfig } from "../settings/project-config.ts";
import { settings, sharedSettings } from "./fixtures/shop/settings.ts";
import { checkStack } from "./index.ts";
import { productionSource, projectSource, stagingSource } from "./testing.ts";

const root = mkdtempSync(join(tmpdir(), "tandem-systems-"));
const shop = join(root, "stacks/shop");
const block = projectConfig(settings, { shared: sharedSettings });

/** Writes the shop's staging. */
function writeShop(hostname: string, hostPort: number): void {
  writeFileSync(
    join(shop, "Pulumi.staging.yaml"),
    `config:\n  shop:hostname: ${hostname}\n  shop:hostPort: ${hostPort}\n`,
  );
}

beforeAll(() => {
  mkdirSync(shop, { recursive: true });
  writeFileSync(join(root, "Pulumi.yaml"), projectSource);
  writeFileSync(join(root, "Pulumi.staging.yaml"), stagingSource);
  writeFileSync(join(root, "Pulumi.production.yaml"), productionSource);
  const system = join(import.meta.dirname, "fixtures/shop");
  const project = { name: "shop", runtime: "nodejs", tandem: { system }, config: block };
  writeFileSync(join(shop, "Pulumi.yaml"), stringify(project));
});

afterAll(() => rmSync(root, { recursive: true, force: true }));

const check = (projectDir: string) => checkStack({ projectDir, stack: "staging", deep: false });

describe("a system beside another one", () => {
  it("has no problem with hostnames and ports of its own", async () => {
    writeShop("staging.shop.example.com", 3900);
    expect(await check(shop)).toEqual([]);
    expect(await check(root)).toEqual([]);
  });

  it("may not have a hostname of the other, seen from either side", async () => {
    writeShop("theoracle.ingeniotech.co.uk", 3900);
    const [problem] = await check(shop);
    expect(problem).toMatchObject({
      kind: "hostname-of-other-system",
      severity: "error",
      key: "shop:hostname",
      fix: "pulumi config set shop:hostname shop.theoracle.ingeniotech.co.uk --stack staging",
    });
    expect(problem?.reason).toContain("is a hostname of oracle production");
    writeShop("staging-oracle.ingeniotech.co.uk", 3900);
    expect((await check(root)).map(({ kind }) => kind)).toEqual(["hostname-of-other-system"]);
  });

  it("is told of a port that both want, with one that is free", async () => {
    writeShop("staging.shop.example.com", 3101);
    expect(await check(shop)).toMatchObject([
      {
        kind: "port-of-other-system",
        severity: "warning",
        key: "shop:hostPort",
        fix: "pulumi config set shop:hostPort 3102 --stack staging",
      },
    ]);
  });

  it("may not have its name, as after a folder was copied", async () => {
    writeShop("staging.shop.example.com", 3900);
    const copy = join(root, "stacks/copy");
    cpSync(shop, copy, { recursive: true });
    try {
      const problem = (await check(copy)).find(({ kind }) => kind === "same-project");
      expect(problem).toMatchObject({
        severity: "error",
        file: "Pulumi.yaml",
        reason: expect.stringContaining("in ../shop, shop: they would share containers and volumes"),
        fix: "$EDITOR +1 Pulumi.yaml",
      });
    } finally {
      rmSync(copy, { recursive: true });
    }
  });
});
