// What must hold of an environment before its version may be promoted; each check that fails has a name.
import type Docker from "dockerode";
import { inspect } from "../../../provider/docker/containers.ts";
import { DockerHost } from "../../../provider/docker/docker-host.ts";
import { formatSeconds } from "../../../setup/durations.ts";
import { askEngine, stackFlags } from "../../engine/engine.ts";
import { UserError } from "../../engine/errors.ts";
import { stackOutputs } from "../../engine/inventory.ts";
import { plainSetting } from "../../engine/project.ts";
import { withRemoteHost } from "../../engine/remote/remote-host.ts";
import { dockerHostOf, neededForward, type Session } from "../../engine/session.ts";
import type { Deployment } from "../../engine/state/backend.ts";
import { stackCommand } from "../../engine/systems.ts";
import type { Release } from "./definition.ts";
import { type Images, imageFacts, serviceContainers } from "./images.ts";
import { runSmokeTests } from "./smoke-tests.ts";
import type { Version } from "./versions.ts";

/** Why a version is not promoted. */
export interface Refusal {
  code: "unfinished" | "unhealthy" | "too-young" | "moved-tag" | "no-digest" | "smoke-tests" | "drift";
  reason: string;
}

/** Everything that the checks look at. */
export interface Candidate {
  session: Session;
  release: Release;
  deployment: Deployment;
  images: Images;
  versions: readonly Version[];
  /** Seconds that it must have been healthy. */
  healthyForSeconds: number;
  /** Docker host of the environment that it goes to. */
  targetHost: string | undefined;
}

function unfinished({ deployment, versions }: Candidate): Refusal[] {
  const last = versions.findLast(({ kind }) => kind === "update");
  const pending = deployment.pending_operations?.length ?? 0;
  const reasons = [
    ...(pending === 0 ? [] : [`${pending} operations have no known end`]),
    ...((deployment.resources ?? []).some((one) => one.delete === true)
      ? ["what was replaced is not removed yet"]
      : []),
    ...(last !== undefined && last.result !== "succeeded" ? [`its last update ${last.result}`] : []),
  ];
  return reasons.map((reason) => ({ code: "unfinished", reason }));
}

/** Since when nothing speaks against a container: its start, or its last failed health check that Docker remembers. */
function healthySince({ StartedAt, Health }: Docker.ContainerInspectInfo["State"]): number {
  const failed = (Health?.Log ?? []).filter(({ ExitCode }) => ExitCode !== 0);
  return Math.max(Date.parse(StartedAt), ...failed.map(({ End }) => Date.parse(End)));
}

async function health(
  docker: Docker,
  { release, deployment, healthyForSeconds }: Candidate,
): Promise<Refusal[]> {
  const services = Object.values(release.definition.images).flatMap((names) => names ?? []);
  const refusals: Refusal[] = [];
  for (const { id = "", outputs } of serviceContainers(deployment, services)) {
    const name = String(outputs?.name ?? id);
    const facts = await inspect(docker, id);
    const status = facts === undefined ? "gone" : (facts.State.Health?.Status ?? facts.State.Status);
    // `starting`: up to its first check by Docker, long after it was checked for the switch. It is young, not ill.
    if (!facts?.State.Running || !["healthy", "running", "starting"].includes(status)) {
      refusals.push({ code: "unhealthy", reason: `container ${name} is ${status}` });
      continue;
    }
    const seconds = (Date.now() - healthySince(facts.State)) / 1000;
    if (seconds < healthyForSeconds) {
      const [is, must] = [formatSeconds(seconds), formatSeconds(healthyForSeconds)];
      const reason = `container ${name} is healthy since ${is}, and must be for ${must}`;
      refusals.push({ code: "too-young", reason });
    }
  }
  return refusals;
}

/** An image must be one that the other environment can get, and that its name still means. */
async function identity(docker: Docker, candidate: Candidate): Promise<Refusal[]> {
  const { session, images, targetHost } = candidate;
  const { project, file, stack } = session;
  const refusals: Refusal[] = [];
  for (const [setting, id] of Object.entries(images)) {
    const reference = plainSetting(project, file, setting) ?? id;
    const now = await imageFacts(docker, reference);
    if (now !== undefined && now.id !== id) {
      const reason = `${reference} means another image now than ${stack} serves: bring ${stack} up with it first`;
      refusals.push({ code: "moved-tag", reason });
    }
    const served = await imageFacts(docker, id);
    // Each spelled out: none set and the local socket are the same.
    const elsewhere = new DockerHost(dockerHostOf(project, file)).host !== new DockerHost(targetHost).host;
    if (elsewhere && (served?.digests.length ?? 0) === 0) {
      const reason = `${reference} has no digest in a registry, and the other environment's Docker is another machine's: push it`;
      refusals.push({ code: "no-digest", reason });
    }
  }
  return refusals;
}

/** Whether the environment is as its program, settings and images say, by the engine's own refresh. */
async function drift({ session }: Candidate): Promise<Refusal[]> {
  const flags = ["--refresh", "--expect-no-changes", "--suppress-progress", ...stackFlags(session)];
  try {
    await withRemoteHost(neededForward(session.project, session.file), () =>
      askEngine(session, ["preview", ...flags]),
    );
    return [];
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const look = `${stackCommand(session.project, "preview", session.stack)} --refresh --diff`;
    return [{ code: "drift", reason: `it is not as its program and settings say: see \`${look}\`` }];
  }
}

/** Everything that speaks against promoting it; the quick checks first, and the slow ones only where those pass. */
export async function refusals(candidate: Candidate, docker: Docker): Promise<Refusal[]> {
  const quick = [
    ...unfinished(candidate),
    ...(await health(docker, candidate)),
    ...(await identity(docker, candidate)),
  ];
  if (quick.length > 0) return quick;
  const { session, release, deployment } = candidate;
  const tests = await runSmokeTests(session, release, stackOutputs(deployment));
  const failed = tests.flatMap(({ ok, name, problem = "" }): Refusal[] =>
    ok ? [] : [{ code: "smoke-tests", reason: `${name} ${problem}` }],
  );
  return [...failed, ...(await drift(candidate))];
}
