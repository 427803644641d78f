// The scheduler of a service's jobs: its program goes into a container before that starts, what is known of earlier runs is handed
// on to it, and it pauses while a migration runs.
import { buffer } from "node:stream/consumers";
import type Docker from "dockerode";
import { pack } from "tar-stream";
import { labels } from "../../lib/docker/labels.ts";
import type { JobState } from "../../lib/jobs/log.ts";
import {
  EARLIER_RUNS,
  ENTRY_POINT,
  JOBS_DIR,
  PROGRAMS_DIR,
  SCHEDULER,
  SHELL,
  shellWord,
} from "../../lib/jobs/place.ts";
import type { CallContext } from "../../plugin/handler.ts";
import type { Properties } from "../../plugin/values.ts";
import { allowRestart, inspect, putFile } from "./containers.ts";
import type { DockerHost } from "./docker-host.ts";
import { jobsOf } from "./job-runs.ts";
import { stopPredecessors } from "./predecessors.ts";
import { programOf } from "./probe-program.ts";

type Context = CallContext<DockerHost>;

/** Puts the scheduler into a container that isn't started yet, where it is one. */
export async function putScheduler(docker: Docker, inputs: Properties): Promise<void> {
  if (inputs.scheduler === undefined) return;
  const { image, entrypoint } = inputs.scheduler as { image: string; entrypoint?: string[] };
  const id = String(inputs.containerId);
  const facts = await inspect(docker, id);
  // One that runs has it.
  if (facts === undefined || facts.State.Running) return;
  const own = entrypoint ?? words((await docker.getImage(facts.Image).inspect()).Config.Entrypoint);
  const archive = pack();
  archive.entry({ name: nameOf(SCHEDULER), mode: 0o555 }, await programOf(docker, image));
  archive.entry({ name: nameOf(SHELL), type: "symlink", linkname: "busybox" });
  archive.entry({ name: nameOf(ENTRY_POINT), mode: 0o444 }, `set -- ${own.map(shellWord).join(" ")} "$@"\n`);
  archive.finalize();
  await docker.getContainer(id).putArchive(await buffer(archive), { path: PROGRAMS_DIR });
}

const nameOf = (path: string) => path.slice(PROGRAMS_DIR.length + 1);

function words(entrypoint: string | string[] | null | undefined): string[] {
  return typeof entrypoint === "string" ? ["/bin/sh", "-c", entrypoint] : (entrypoint ?? []);
}

/** Hands on to a scheduler what is known of the jobs' runs under those before it, which have ended. */
export async function keepEarlierRuns(docker: Docker, inputs: Properties): Promise<void> {
  if (inputs.scheduler === undefined) return;
  const id = String(inputs.containerId);
  const own = (await inspect(docker, id))?.Config.Labels ?? {};
  const before = await schedulersOf(docker, own, [own[labels.jobsOf] ?? ""], true);
  const known = new Map<string, JobState>();
  for (const each of before.filter((other) => other !== id)) {
    for (const state of await jobsOf(docker, each)) {
      const other = known.get(state.job);
      if (other === undefined || lastOf(state) > lastOf(other)) known.set(state.job, state);
    }
  }
  // A job that there is no more has no last run either.
  const files = (inputs.files ?? {}) as Record<string, string>;
  const kept = [...known.values()].filter(({ job }) => `${JOBS_DIR}/${job}` in files);
  if (kept.length > 0) await putFile(docker, id, EARLIER_RUNS, JSON.stringify(kept));
}

const lastOf = ({ runs }: JobState) => runs.at(-1)?.startedAt ?? "";

/** Ids of the schedulers of services. */
async function schedulersOf(
  docker: Docker,
  own: Readonly<Record<string, string>>,
  services: readonly string[],
  all = false,
): Promise<string[]> {
  const known = [labels.system, labels.environment].map((label) => [label, own[label]] as const);
  // With less it isn't said whose they are.
  if (known.some(([, value]) => !value)) return [];
  const filters = JSON.stringify({ label: [...known.map((pair) => pair.join("=")), labels.jobsOf] });
  const found = await docker.listContainers({ all, filters });
  return found.filter(({ Labels }) => services.includes(Labels[labels.jobsOf] ?? "")).map(({ Id }) => Id);
}

/**
 * Does something while the schedulers of services are stopped: none of their jobs runs then. Times that fall into the pause are
 * left out. They start again whatever comes of it.
 *
 * @param inputs of what is done: its labels, and the services where they are others than the one that these name
 */
export async function whilePaused<T>(
  docker: Docker,
  inputs: Properties,
  ctx: Context,
  work: () => Promise<T>,
): Promise<T> {
  const own = inputs.labels as Record<string, string>;
  const services = (inputs.services as string[] | undefined) ?? [own[labels.component] ?? ""];
  const paused = await schedulersOf(docker, own, services);
  try {
    await stopPredecessors(docker, paused, ctx);
    if (paused.length > 0) ctx.log("info", "its jobs are paused");
    return await work();
  } finally {
    for (const id of paused) await resume(docker, id, ctx);
  }
}

/** Starts one again; that it can't must not hide what else went wrong. */
async function resume(docker: Docker, id: string, ctx: Context): Promise<void> {
  try {
    await allowRestart(docker, id);
    await docker.getContainer(id).start();
  } catch (error) {
    // 304: it runs already.
    if ((error as { statusCode?: number }).statusCode === 304) return;
    const said = error instanceof Error ? error.message : String(error);
    ctx.log("warning", `The scheduler of its jobs can't be started again; the next \`up\` does: ${said}`);
  }
}
