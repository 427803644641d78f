import { describe, expect, it } from "vitest";
import { maskedEntries } from "./dump-entries.ts";

const made = { extensions: new Set(["vector"]), schemas: new Set(["tools"]) };

/** What is kept of one entry, and whether it is told. */
function entry(text: string) {
  const line = `12; 3079 16385 ${text}`;
  const { list, left } = maskedEntries(`;\n; Selected TOC Entries:\n;\n${line}\n`, made, "owner");
  return { kept: list.includes(line), told: left.length > 0 };
}

describe("entries of a dump that is masked", () => {
  it.each([
    "TABLE public notes owner",
    "TABLE DATA public notes owner",
    "TABLE public EXTENSION - x owner",
    "TABLE EXTENSION x owner",
    "SCHEMA - own owner",
    "COMMENT - SCHEMA public owner",
    "ACL - SCHEMA tools owner",
    "COMMENT public EXTENSION vector owner",
    "DEFAULT ACL public DEFAULT PRIVILEGES FOR TABLES owner",
    "FUNCTION public SERVER() owner",
  ])("keeps %s", (text) => {
    expect(entry(text)).toEqual({ kept: true, told: false });
  });

  it.each([
    "EXTENSION - vector ",
    "COMMENT - EXTENSION vector ",
    "SCHEMA - tools owner",
  ])("leaves out %s, which is there already", (text) => {
    expect(entry(text)).toEqual({ kept: false, told: false });
  });

  it.each([
    "EVENT TRIGGER - on_ddl postgres",
    "PUBLICATION - all_tables postgres",
    "PUBLICATION TABLE public all_tables notes owner",
    "SUBSCRIPTION - from_elsewhere postgres",
    "SERVER - elsewhere owner",
    "USER MAPPING - USER MAPPING owner SERVER elsewhere owner",
    "BLOB - 16400 owner",
  ])("leaves out %s and says so", (text) => {
    expect(entry(text)).toEqual({ kept: false, told: true });
  });
});
