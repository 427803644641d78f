// Makes the report on a pair: both environments gathered at the same time, compared, and summed up.

import type { StackOptions } from "../../deploy/open-stack.ts";
import { loadProject, loadStackFile } from "../../engine/project.ts";
import { compareStacks } from "../parity/compare.ts";
import { nodeDifferences, type Side } from "./differences.ts";
import { type Gathered, gather, openEnvironment } from "./environment.ts";
import type { Report } from "./model.ts";
import { type Pair, problemsOf, sentenceOf, verdictOf } from "./problems.ts";
import { askBoth, type Source, valueOr } from "./source.ts";

function sideOf({ report, resolved }: Gathered): Side {
  const topology = valueOr(report.topology, { nodes: [], edges: [], networks: [] });
  return { name: report.name, topology, ...(resolved.ok ? { resolved: resolved.value } : {}) };
}

/**
 * Makes the report. Changes nothing but, where the backend has not heard of a stack yet, that it has.
 *
 * @throws UserError when there is no such project or stack; whatever else goes wrong stands in the report.
 */
export async function makeReport(names: readonly [string, string], options: StackOptions): Promise<Report> {
  const begin = performance.now();
  const project = loadProject(options.project);
  for (const name of names) loadStackFile(project, name);
  const opened = [];
  for (const name of names) opened.push(await openEnvironment(project, name, options));
  const [one, other] = (await Promise.all(opened.map(gather))) as [Gathered, Gathered];
  const parity = await askBoth(one.resolved, other.resolved, compareStacks);
  const pair: Pair = { project, environments: [one.report, other.report], parity };
  const problems = problemsOf(pair);
  return {
    project: project.name,
    madeAt: new Date().toISOString(),
    seconds: (performance.now() - begin) / 1000,
    sentence: sentenceOf(pair, problems),
    verdict: verdictOf(problems),
    problems,
    environments: [one.report, other.report],
    parity: parity satisfies Source<unknown>,
    differs: nodeDifferences([sideOf(one), sideOf(other)], valueOr(parity, undefined)),
  };
}
