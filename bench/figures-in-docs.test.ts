// The figures that the docs tell are those of the last runs: a bench that is run anew changes both, or this fails.
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { CASES, DEPLOY_CASES, DRIFT_CASES, medianOf } from "./limits.ts";
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

it("docs/deploys.md: what a deploy takes and what its users notice", () => {
  const measured = readResult("deploy");
  const seconds = (name: string) => medianOf(measured, name);
  const [start, compose, tandem] = [DEPLOY_CASES.start, DEPLOY_CASES.compose, DEPLOY_CASES.tandem].map(
    seconds,
  );
  const told = Object.entries(measured.extra ?? {});
  const lost = (beginning: string) => {
    const [, words = ""] = told.find(([name]) => name.startsWith(beginning)) ?? [];
    const [failed = 0, sent = 0] = (/^(\d+) of (\d+)/.exec(words) ?? []).slice(1).map(Number);
    return `${failed.toLocaleString("en")} of ${sent.toLocaleString("en")}`;
  };
  const text = wordsOf("docs/deploys.md");
  expect(text).toContain(
    `lost ${lost("`./tandem up`")} requests here and ${lost("`docker compose up -d`")} there`,
  );
  expect(text).toContain(
    `answered ${tandem?.toFixed(1)} s after the command, ${((tandem ?? 0) - (start ?? 0)).toFixed(1)} s more than the app's own start`,
  );
  expect(text).toContain(`after ${compose?.toFixed(1)} s.`);
  expect(text).toContain(`${lost("a gateway that is replaced")} requests`);
});
