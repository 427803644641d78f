// Jobs given to an environment's workers through its gateway, and the wait until they are done.
import { setTimeout as sleep } from "node:timers/promises";
import type { JobTest } from "../../../infra/settings/acceptance.ts";
import { launcher } from "../../../lib/launcher.ts";
import type { AskGateway } from "../../deploy/gateway-access.ts";
import { UserError } from "../../engine/errors.ts";

/** Longest that a job may take. */
const PATIENCE_MS = 20_000;
const LOOK_EVERY_MS = 25;
const fix = () => `look at what its service logged: ${launcher()} logs`;

/** Gives a job in. @returns its id @throws UserError where it isn't taken */
export async function submitJob(ask: AskGateway, { submit }: JobTest): Promise<string> {
  const { status, text } = await ask(submit);
  const wanted = submit.status ?? 200;
  if (status !== wanted) throw new UserError(`a job was answered with ${status}, not ${wanted}`, fix());
  let id: unknown;
  try {
    id = (JSON.parse(text) as { id?: unknown }).id;
  } catch {
    // No JSON: there is no id either.
  }
  if (typeof id !== "string" && typeof id !== "number")
    throw new UserError("the answer to a job holds no id", fix());
  return String(id);
}

/** Waits until it is done. @throws UserError when that takes too long */
export async function awaitJob(ask: AskGateway, { submit, look, done }: JobTest, id: string): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const { text } = await ask({ hostname: submit.hostname, path: look(id) });
    if (text.includes(done)) return;
    if (Date.now() > deadline)
      throw new UserError(`job ${id} was not done within ${PATIENCE_MS / 1000} s`, fix());
    await sleep(LOOK_EVERY_MS);
  }
}

/** Gives in some jobs at once. @returns milliseconds until all were done @throws UserError where one wasn't */
export async function runJobs(ask: AskGateway, test: JobTest, count: number): Promise<number> {
  const begin = performance.now();
  const jobs = Array.from({ length: count }, async () => awaitJob(ask, test, await submitJob(ask, test)));
  await Promise.all(jobs);
  return performance.now() - begin;
}
