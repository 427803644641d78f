// Requests through an environment's gateway that show that its version works.
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { request } from "undici";
import type { SmokeTest } from "../../infra/settings/release.ts";
import { askEngine, stackFlags } from "../engine.ts";
import { UserError } from "../errors.ts";
import { addressOf } from "../inventory.ts";
import { remoteDockerHost, type Session } from "../session.ts";
import { openForward } from "../ssh-forward.ts";
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

/** Most time that an answer may take. */
const TIMEOUT_MS = 15_000;

async function run(origin: string, test: SmokeTest, authorization: string | undefined): Promise<SmokeResult> {
  const { hostname, path, status = 200, contains } = test;
  const name = `${hostname}${path}`;
  const begin = performance.now();
  const done = (problem?: string): SmokeResult => ({
    name,
    ok: problem === undefined,
    ...(problem === undefined ? {} : { problem }),
    milliseconds: Math.round(performance.now() - begin),
  });
  try {
    const answer = await request(`${origin}${path}`, {
      headers: { host: hostname, ...(authorization === undefined ? {} : { authorization }) },
      headersTimeout: TIMEOUT_MS,
      bodyTimeout: TIMEOUT_MS,
    });
    const text = await answer.body.text();
    if (answer.statusCode !== status) return done(`answered ${answer.statusCode}, not ${status}`);
    if (contains !== undefined && !text.includes(contains))
      return done(`its answer does not hold ${contains}`);
    return done();
  } catch (error) {
    return done(`no answer: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** The header for a gateway that asks for a password; the engine decrypts it. */
async function authorizationOf(
  session: Session,
  { definition, values }: Release,
): Promise<string | undefined> {
  const { login } = definition;
  const user = login === undefined ? undefined : values[login.user];
  if (login === undefined || typeof user !== "string" || values[login.password] === undefined)
    return undefined;
  const key = `${session.project.name}:${login.password}`;
  const password = (await askEngine(session, ["config", "get", key, ...stackFlags(session)])).trimEnd();
  return `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
}

/** A port of this machine that is free now. */
async function freePort(): Promise<number> {
  return await new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}

/** Calls `work` with an address of the gateway that this machine reaches, whichever machine the gateway is on. */
async function withGateway<T>(
  session: Session,
  gateway: string,
  work: (origin: string) => Promise<T>,
): Promise<T> {
  const reachable = gateway.replace(/^0\.0\.0\.0:/, "127.0.0.1:");
  const host = remoteDockerHost(session.project, session.file);
  if (host === undefined) return await work(`http://${reachable}`);
  const localPort = await freePort();
  const remotePort = Number(reachable.slice(reachable.lastIndexOf(":") + 1));
  const forward = await openForward({ host, localPort, remotePort });
  try {
    return await work(`http://127.0.0.1:${localPort}`);
  } finally {
    await forward.close();
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
  const { gateway } = addressOf(outputs);
  if (gateway === undefined) {
    throw new UserError(
      `${session.stack} has no gateway to test through`,
      `bring it up first: tandem up ${session.stack}`,
    );
  }
  const authorization = await authorizationOf(session, release);
  const tests = release.definition.smokeTests(release.values as never);
  return await withGateway(session, gateway, async (origin) => {
    const results: SmokeResult[] = [];
    const deadline = Date.now() + patienceSeconds * 1000;
    for (const test of tests) {
      let result = await run(origin, test, authorization);
      while (!result.ok && Date.now() < deadline) {
        await sleep(500);
        result = await run(origin, test, authorization);
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
