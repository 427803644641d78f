// Requests through an environment's gateway that show that its version works.
import { setTimeout as sleep } from "node:timers/promises";
import type { SmokeTest } from "../../../infra/settings/release.ts";
import type { Session } from "../../engine/session.ts";
import { type AskGateway, withGateway } from "../gateway-access.ts";
import type { Release } from "./definition.ts";

/** What became of a test. */
export interface SmokeResult {
  /** `hostname/path`. */
  name: string;
  ok: boolean;
  /** What was wrong. */
  problem?: string;
  /** Until the whole answer was there. */
  milliseconds: number;
}

/** Sends one request and compares the answer. */
export async function smokeTest(ask: AskGateway, test: SmokeTest): Promise<SmokeResult> {
  const { hostname, path, status = 200, contains } = test;
  const name = `${hostname}${path}`;
  const begin = performance.now();
  const done = (problem?: string): SmokeResult => ({
    name,
    ok: problem === undefined,
    ...(problem === undefined ? {} : { problem }),
    milliseconds: Math.round((performance.now() - begin) * 100) / 100,
  });
  try {
    const answer = await ask(test);
    if (answer.status !== status) return done(`answered ${answer.status}, not ${status}`);
    if (contains !== undefined && !answer.text.includes(contains))
      return done(`its answer does not hold ${contains}`);
    return done();
  } catch (error) {
    return done(`no answer: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/**
 * Runs the system's smoke tests, one after the other.
 *
 * @param outputs outputs of the stack's program, for the gateway's address
 * @param patienceSeconds how long a test that fails is tried again
 * @default patienceSeconds 0
 * @throws UserError when the environment has no gateway.
 */
export async function runSmokeTests(
  session: Session,
  release: Release,
  outputs: Readonly<Record<string, unknown>>,
  patienceSeconds = 0,
): Promise<SmokeResult[]> {
  const tests = release.definition.smokeTests(release.values as never);
  return await withGateway(session, release, outputs, async (ask) => {
    const results: SmokeResult[] = [];
    const deadline = Date.now() + patienceSeconds * 1000;
    for (const test of tests) {
      let result = await smokeTest(ask, test);
      while (!result.ok && Date.now() < deadline) {
        await sleep(500);
        result = await smokeTest(ask, test);
      }
      results.push(result);
    }
    return results;
  });
}

/** The results in lines for people. */
export function smokeLines(results: readonly SmokeResult[]): string[] {
  return results.map(
    ({ name, ok, problem, milliseconds }) =>
      `${ok ? "ok    " : "FAILED"} ${name} ${problem ?? `${milliseconds} ms`}`,
  );
}
