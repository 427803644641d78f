// Unit tests of what on a server with other people's things counts as the environment's.
import { describe, expect, it } from "vitest";
import { types } from "../../../lib/resource-types.ts";
import { placeOf } from "../../engine/place.ts";
import type { RoleFacts, ServerFacts } from "./database-facts.ts";
import type { Ownership } from "./database-servers.ts";
import { unmanagedOf } from "./database-unmanaged.ts";

const role = (rolname: string, oid: number, more: Partial<RoleFacts> = {}): RoleFacts => ({
  ...{ rolname, oid, makers: null, holds: null, mark: "" },
  ...more,
});
const database = (name: string, owner: string, oid: number, mark = "") => ({ name, owner, oid, mark });
const facts = (roles: RoleFacts[], databases: ServerFacts["databases"] = []): ServerFacts => ({
  roles: [role("shop_app", 20, { makers: ["admin"], holds: ["shop"] }), ...roles],
  databases: [database("shop", "shop_app", 21), ...databases],
  ...{ members: null, settings: null, system: null, weak: null },
});
const resource = (type: string, name: string) => ({ urn: `urn:${name}`, type, outputs: { name } });
const place = (known: boolean) =>
  placeOf("shop", "staging", {
    resources: known ? [resource(types.role, "shop_app"), resource(types.database, "shop")] : [],
  });
function unmanaged(ownership: Ownership, seen: ServerFacts) {
  const whose = { ownership, admin: "admin", given: ["postgres"], place: place(ownership !== "serving") };
  const { roles, databases } = unmanagedOf(seen, whose);
  return [...roles.map(({ rolname }) => rolname), ...databases.map(({ name }) => name)];
}

describe("on a managed server", () => {
  it("what whoever runs it made before any stack came is theirs, what the administrator made later is not", () => {
    const seen = facts(
      [role("given", 10, { makers: ["admin"] }), role("intern", 30, { makers: ["admin"] })],
      [database("defaultdb", "admin", 11), database("scratch", "admin", 31)],
    );
    expect(unmanaged("managed", seen)).toEqual(["intern", "scratch"]);
  });

  it("somebody else's login counts where it holds something here, but for the server's own superusers", () => {
    const seen = facts([
      role("visitor", 30, { holds: ["shop"] }),
      role("monitor", 31, { holds: ["shop"], rolsuper: true }),
      role("neighbour", 32, { holds: ["library"] }),
    ]);
    expect(unmanaged("managed", seen)).toEqual(["visitor"]);
  });
});

describe("on a shared server", () => {
  const tenants = facts(
    [
      role("lib_admin", 40, { mark: "tandem lib/staging" }),
      role("lib_app", 41, { makers: ["lib_admin"] }),
      role("shop_extra", 42),
      role("shop_old_app", 43, { holds: ["shop_old"] }),
    ],
    [
      database("lib", "lib_app", 44),
      database("shop_old", "shop_old_app", 45, "tandem shop/old"),
      database("stray", "postgres", 46),
    ],
  );

  it("an environment's look sees what carries its names, and no other environment's", () => {
    expect(unmanaged("tenant", tenants)).toEqual(["shop_extra"]);
  });

  it("the server's own look sees what belongs to nobody; what an environment left when it went is its own", () => {
    const own = { ...tenants, roles: tenants.roles.slice(1), databases: tenants.databases.slice(1) };
    expect(unmanaged("serving", own)).toEqual(["shop_extra", "stray"]);
  });
});
