// Beside which containers `tandem run` starts no second one.
import { describe, expect, it } from "vitest";
import { isOnlyOne, type OnlyOneFacts } from "./only-one.ts";

const ID = "0123456789abcdef".repeat(4);

function container(name: string, aliases: string[], mounts: object[] = []): OnlyOneFacts {
  return {
    Id: ID,
    Name: `/${name}`,
    Mounts: mounts as OnlyOneFacts["Mounts"],
    NetworkSettings: { Networks: { shop_staging: { Aliases: [ID.slice(0, 12), ...aliases] } } },
  };
}

const VOLUME = { Type: "volume", Name: "shop_staging_data", RW: true };
const OWN = { Type: "volume", Name: "f".repeat(64), RW: true };

describe("isOnlyOne", () => {
  it("is what has a fixed name, and what is replaced stop-first and writes to a volume or a folder of the host", () => {
    expect(isOnlyOne(container("shop_staging_postgres", []))).toBe(true);
    expect(isOnlyOne(container("shop_staging_mysql-1-1a2b3c4", ["mysql"], [VOLUME]))).toBe(true);
    expect(
      isOnlyOne(container("shop_staging_mysql-1-1a2b3c4", ["mysql"], [{ Type: "bind", RW: true }])),
    ).toBe(true);
  });

  it("is no service whose versions run beside each other, and no scheduler that keeps nothing", () => {
    expect(isOnlyOne(container("shop_staging_web-1-1a2b3c4", [], [VOLUME]))).toBe(false);
    expect(isOnlyOne(container("shop_staging_cron-1-1a2b3c4", ["cron"], [OWN]))).toBe(false);
    expect(isOnlyOne(container("shop_staging_cron-1-1a2b3c4", ["cron"], [{ ...VOLUME, RW: false }]))).toBe(
      false,
    );
  });
});
