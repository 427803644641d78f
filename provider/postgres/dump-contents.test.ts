// Unit tests of what of a dump's list a restore takes.
import { describe, expect, it } from "vitest";
import { selectEntries } from "./dump-contents.ts";

/** As pg_restore 17 prints it. */
const LISTED = `;
; Archive created at 2026-11-29 21:42:00 UTC
;     TOC Entries: 15
;
8; 2615 16721 SCHEMA - my ext postgres
9; 2615 16722 SCHEMA - drizzle shop_owner
3; 3079 16722 EXTENSION - hstore 
3762; 0 0 COMMENT - EXTENSION hstore 
4; 3079 16723 EXTENSION - citext 
220; 1259 16850 TABLE public t shop_owner
3755; 0 16850 TABLE DATA public t shop_owner
3754; 6104 16856 PUBLICATION - p postgres
3756; 3466 16857 EVENT TRIGGER - e postgres
2352; 826 16855 DEFAULT ACL - DEFAULT PRIVILEGES FOR TABLES shop_owner
2353; 826 16856 DEFAULT ACL - DEFAULT PRIVILEGES FOR TABLES postgres
`;

describe("of a dump", () => {
  const made = { extensions: new Set(["hstore"]), schemas: new Set(["my ext"]) };
  const { list, left } = selectEntries(LISTED, made, "shop_owner");

  it("all is taken that the owner can make and that isn't there", () => {
    expect(list.trim().split("\n")).toEqual([
      "9; 2615 16722 SCHEMA - drizzle shop_owner",
      "4; 3079 16723 EXTENSION - citext ",
      "220; 1259 16850 TABLE public t shop_owner",
      "3755; 0 16850 TABLE DATA public t shop_owner",
      "2352; 826 16855 DEFAULT ACL - DEFAULT PRIVILEGES FOR TABLES shop_owner",
    ]);
  });

  it("what only an administrator can make is named", () => {
    expect(left).toEqual([
      "PUBLICATION - p postgres",
      "EVENT TRIGGER - e postgres",
      "DEFAULT ACL - DEFAULT PRIVILEGES FOR TABLES postgres",
    ]);
  });
});
