// What is wrong with a migration's options, also those that only the provider knows.
import { expect, it } from "vitest";
import { migrationProblems } from "./migration.ts";

it("a migration's shared memory and entry point are looked at", () => {
  const wrong = (options: object) =>
    migrationProblems({ command: ["true"], options }).map(({ argument }) => argument);
  expect(wrong({ shmMb: 0, entrypoint: [] })).toEqual(["entrypoint", "shmMb"]);
  expect(wrong({ shmMb: 64, entrypoint: ["sh"], workingDir: "/srv" })).toEqual([]);
  expect(wrong({ shmMb: Symbol("later") })).toEqual([]);
});
