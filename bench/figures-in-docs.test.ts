// The figures that the docs tell are those of the last runs: a bench that is run anew changes both, or this fails.
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { CASES, DRIFT_CASES, medianOf } from "./limits.ts";
import { readResult } from "./results.ts";

/** Text of a document, its line breaks as spaces. */
function wordsOf(file: string): string {
  return readFileSync(new URL(`../${file}`, import.meta.url), "utf8").replaceAll(/\s+/g, " ");
}

it("README.md, Speed: the no-op preview", () => {
  const seconds = (name: string) => medianOf(readResult("preview"), name);
  const [oracle, withPolicies, empty, own, template] = [
    seconds(CASES.oracle),
    seconds(CASES.policies),
    seconds(CASES.precompiled),
    seconds(CASES.ownHost),
    seconds(CASES.template),
  ];
  const text = wordsOf("README.md");
  const told = [
    `took ${oracle.toFixed(2)} s on 2 cores, ${(oracle / empty).toFixed(2)} times an empty program`,
    `Pulumi's own host starts it (${empty.toFixed(2)} s), and less than`,
    `that is type-checked (${template.toFixed(2)} s)`,
    `With the policy pack it took ${withPolicies.toFixed(2)} s, ${(withPolicies / empty).toFixed(2)} times the empty program`,
    `starts the empty program in ${own.toFixed(2)} s; against that, The Oracle takes ${(oracle / own).toFixed(1)} times`,
  ];
  for (const words of told) expect(text).toContain(words);
  expect(oracle, "README.md says that it is less").toBeLessThan(template);
});

it("docs/drift.md: a look at both environments", () => {
  const measured = readResult("drift");
  const ratio = medianOf(measured, DRIFT_CASES.drift) / medianOf(measured, DRIFT_CASES.refresh);
  expect(wordsOf("docs/drift.md")).toContain(
    `both of The Oracle took ${ratio.toFixed(2)} times one plain \`pulumi refresh --preview-only\``,
  );
});
