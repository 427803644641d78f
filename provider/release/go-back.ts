// A release that failed: all of its routes lead to the version before, nothing new of it runs, and what was to end runs again.
import type Docker from "dockerode";
import type { CallContext } from "../../plugin/handler.ts";
import { inspect, stopForGood } from "../docker/containers.ts";
import type { DockerHost } from "../docker/docker-host.ts";
import { startAgain } from "../docker/predecessors.ts";
import { streamAddress } from "../gateway/route-config.ts";
import { alive, containerOf, drain } from "../gateway/route-drain.ts";
import { readUpstreams, writeFiles } from "../gateway/route-files.ts";
import { turns } from "../gateway/route-switch.ts";
import { LEAVE_SECONDS, STOP_SECONDS } from "../gateway/route-take-over.ts";
import type { Moved } from "./settle.ts";
import type { ReleaseRoute, ReleaseSpec } from "./spec.ts";
import type { Survey } from "./survey.ts";

type Context = CallContext<DockerHost>;

/** How far a release had come. */
export interface Failed {
  spec: ReleaseSpec;
  /** The release that came to its end last. */
  before: ReleaseSpec | undefined;
  seen: Survey;
  moved: readonly Moved[];
}

/**
 * Takes a release back as a whole.
 *
 * @returns the error for people: why, and what runs now
 */
export async function goBack(
  docker: Docker,
  { spec, before, seen, moved }: Failed,
  cause: unknown,
  given: Context,
): Promise<Error> {
  // Where the run was stopped, requests to what is stopped now are waited for all the same.
  const ctx = { ...given, signal: new AbortController().signal };
  const why = cause instanceof Error ? cause.message : String(cause);
  const own = new Set(spec.starts.map(({ id }) => id));
  const kept = new Set(seen.keep.map(({ id }) => id));
  const ending = [...seen.fresh, ...seen.earlier].filter(({ id }) => !kept.has(id));
  try {
    for (const { undo } of moved.toReversed()) await undo();
    for (const route of spec.routes) await leadBack(docker, route, before, seen);
    for (const { route, entered } of moved) {
      await drain(docker, route.gateway, await alive(docker, entered), LEAVE_SECONDS, ctx);
    }
    await Promise.all(ending.map(({ id }) => stopForGood(docker, id, STOP_SECONDS)));
    const again: string[] = [];
    for (const { id, service } of seen.keep.filter((one) => one.stopFirst && !own.has(one.id))) {
      const failed = spec.starts.find((start) => start.service === service);
      again.push(await startAgain(docker, failed?.id ?? id, [id]));
    }
    return new Error([why, ...again, await whatRuns(docker, seen, ending)].join("\n"));
  } catch (error) {
    const also = error instanceof Error ? error.message : String(error);
    return new Error(`${why}\nThe release can't be taken back: ${also}. Fix that, then run \`up\` again.`);
  }
}

/** Where a run was killed, a route may lead to what is stopped now: it is led to the version that is kept. */
async function leadBack(
  docker: Docker,
  { gateway, config: { routeName } }: ReleaseRoute,
  before: ReleaseSpec | undefined,
  { keep }: Survey,
): Promise<void> {
  const good = before?.routes.find(
    (route) => route.gateway === gateway && route.config.routeName === routeName,
  );
  const names = new Set(keep.map(({ name }) => name));
  const there = (good?.config.upstreams ?? []).filter((address) => names.has(containerOf(address)));
  if (there.length === 0) return;
  await turns.take(gateway, async () => {
    const now = await readUpstreams(docker, gateway, routeName);
    const changed = backTo(now, names, there);
    if (Object.keys(changed).length > 0) await writeFiles(docker, gateway, new Map(), changed);
  });
}

/**
 * The files of a route that lead to none of the containers that are kept, each with an address that does.
 *
 * @param upstreams addresses by file
 * @param kept names of the containers that are kept
 * @param good addresses of theirs, at least one
 */
export function backTo(
  upstreams: Readonly<Record<string, string>>,
  kept: ReadonlySet<string>,
  good: readonly string[],
): Record<string, string> {
  const wrong = Object.entries(upstreams).filter(([, address]) => !kept.has(containerOf(address.trim())));
  return Object.fromEntries(
    wrong.map(([file]) => {
      const index = Number(/\.([0-9]+)(\.stream)?$/.exec(file)?.[1] ?? 1) - 1;
      const address = good[index % good.length] ?? "";
      return [file, file.endsWith(".stream") ? streamAddress(address) : address];
    }),
  );
}

async function whatRuns(
  docker: Docker,
  { keep }: Survey,
  ended: readonly { name: string }[],
): Promise<string> {
  const running: string[] = [];
  for (const { id, name } of keep) if ((await inspect(docker, id))?.State.Running) running.push(name);
  const said = (names: readonly string[]) => names.join(", ") || "none";
  return (
    `The release was taken back as a whole. Stopped: ${said(ended.map(({ name }) => name))}. ` +
    `Running: ${said(running)}. Fix it and run \`up\` again.`
  );
}
