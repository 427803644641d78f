// Each resource has a class for programs and each class a resource: either alone fails only when a program makes one.
import { globSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { tandemProvider } from "./provider.ts";

it("has a class for each resource, and a resource for each class", () => {
  const files = globSync("**/*sdk.ts", { cwd: import.meta.dirname });
  const tokens = files.flatMap((file) => {
    const text = readFileSync(`${import.meta.dirname}/${file}`, "utf8");
    return [...text.matchAll(/super\(\s*"(tandem:\w+:\w+)"/g)].map(([, token]) => token);
  });
  expect(tokens.toSorted()).toEqual(Object.keys(tandemProvider.resources).toSorted());
});
