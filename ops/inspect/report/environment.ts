// Gathers what is known of one environment. Each source may fail without the others.
import { listRestorePoints } from "../../../provider/postgres/restore-point.ts";
import { openForPreview, type StackOptions } from "../../deploy/open-stack.ts";
import { historyOf } from "../../deploy/release/history.ts";
import { migratedDatabases } from "../../deploy/release/restore.ts";
import { withDocker } from "../../engine/docker-client.ts";
import { policyFlags, stackFlags } from "../../engine/engine.ts";
import { UserError } from "../../engine/errors.ts";
import { addressOf, stackOutputs } from "../../engine/inventory.ts";
import { output, placeOf } from "../../engine/place.ts";
import { loadStackFile, type Project, plainSetting } from "../../engine/project.ts";
import { withRemoteHost } from "../../engine/remote/remote-host.ts";
import { listServices, type Service, stateOf } from "../../engine/services.ts";
import { dockerHostOf, neededForward, openSession, type Session } from "../../engine/session.ts";
import type { Deployment } from "../../engine/state/backend.ts";
import { currentDeployment } from "../../engine/state/state-transfer.ts";
import { stackCommand } from "../../engine/systems.ts";
import { costOfStack } from "../cost/stack-cost.ts";
import { readHistory } from "../drift/history.ts";
import { type ResolvedStack, resolvedBy } from "../parity/resolved.ts";
import { askForEvents, type EngineRun } from "../plan/events.ts";
import { stackReport } from "../plan/report.ts";
import { hostOf, limitsOf } from "./limits.ts";
import type { Condition, Containers, DriftState, EnvironmentReport, Limits, RestorePoints } from "./model.ts";
import { policiesOf, policySettingsOf } from "./policies.ts";
import { ask, askBoth, askWith, type Source, unavailable, valueOr } from "./source.ts";
import { topologyOf } from "./topology.ts";

/** Deploys that are shown. */
const DEPLOYS = 8;

/** An environment, ready to be asked. */
export interface Opened {
  project: Project;
  stack: string;
  /** Ready for the engine: its machine is prepared, its settings have no error. */
  checked: Source<Session>;
  /** Good enough for what the engine isn't needed for. */
  session: Source<Session>;
}

/** An environment as gathered; what it resolves to is for the comparison with the other one. */
export interface Gathered {
  report: EnvironmentReport;
  resolved: Source<ResolvedStack>;
}

/** Opens an environment; one after the other, since each may prepare the machine. */
export async function openEnvironment(
  project: Project,
  stack: string,
  options: StackOptions,
): Promise<Opened> {
  // Made in the backend where it isn't there yet, as each preview does.
  const checked = await ask(() => openForPreview(stack, options));
  const session = checked.ok
    ? checked
    : await ask(() => openSession(project, stack, loadStackFile(project, stack)));
  return { project, stack, checked, session };
}

/** A preview with the policies. @throws UserError with what the engine said, where it came to no plan. */
async function preview(session: Session): Promise<EngineRun> {
  const { project, file, stack } = session;
  const run = await withRemoteHost(neededForward(project, file), () =>
    askForEvents(session, ["preview", ...stackFlags(session), ...policyFlags()]),
  );
  if (run.errors.length === 0) return run;
  const said = run.errors.map(({ message }) => message).join("\n");
  throw new UserError(`the preview of ${stack} failed: ${said}`, stackCommand(project, "preview", stack));
}

function living(deployment: Deployment): Deployment {
  if ((deployment.resources ?? []).length > 0) return deployment;
  throw new UserError("it was never brought up", "");
}

/** Asks the host for the containers, and the state for those that should be there. */
async function containersOf({ project, stack, file }: Session, deployment: Deployment): Promise<Containers> {
  const services = await withDocker(dockerHostOf(project, file), (docker) =>
    listServices(docker, project.name, stack),
  );
  const there = new Set(services.map(({ name }) => name));
  const wanted = placeOf(project.name, stack, deployment).of("container");
  return {
    services,
    missing: wanted.map((container) => output(container, "name")).filter((name) => !there.has(name)),
  };
}

async function limits({ project, stack, file }: Session, services: readonly Service[]): Promise<Limits> {
  const { budget } = policySettingsOf(file, stack);
  const host = await withDocker(dockerHostOf(project, file), (docker) => hostOf(docker, services));
  return limitsOf(services, host, budget);
}

function driftOf({ paths, project, stack }: Session): DriftState {
  const { runs, firstSeen } = readHistory(paths, project.name, stack);
  const last = runs.at(-1);
  if (last === undefined) return { drifts: [] };
  const drifts = last.subjects.map((subject) => ({ subject, since: firstSeen[subject] ?? last.at }));
  return { lookedAt: last.at, drifts };
}

async function restorePoints(session: Session, deployment: Deployment): Promise<RestorePoints> {
  const { project, file } = session;
  const kept = Number(plainSetting(project, file, "restorePoints") ?? 0);
  const databases = migratedDatabases(deployment);
  const points = await withDocker(dockerHostOf(project, file), (docker) =>
    Promise.all(databases.map((database) => listRestorePoints(docker, database))),
  );
  return { kept, points: points.flat().toSorted((one, other) => other.name.localeCompare(one.name)) };
}

function conditionOf(containers: Source<Containers>, deployment: Source<Deployment>): Condition {
  if (!containers.ok) return "unknown";
  const { services, missing } = containers.value;
  if (services.length === 0)
    return (valueOr<Deployment, Deployment>(deployment, {}).resources ?? []).length === 0 ? "never" : "down";
  const state = stateOf(services);
  return state === "up" && missing.length > 0 ? "degraded" : state;
}

/** Gathers everything. */
export async function gather({ project, stack, checked, session }: Opened): Promise<Gathered> {
  const up = stackCommand(project, "up", stack);
  const deployment = await askWith(session, async (own) => (await currentDeployment(own)) ?? {});
  const inState = await askWith(deployment, living);
  const state = inState.ok || inState.fix !== "" ? inState : unavailable(inState.problem, up);
  const [run, containers] = await Promise.all([
    askWith(checked, preview),
    askWith(session, (own) => containersOf(own, valueOr(deployment, {}))),
  ]);
  const condition = conditionOf(containers, deployment);
  const away = condition === "down" ? unavailable("it is down: its servers can't be asked", up) : undefined;
  const [resolved, sums, points, deploys, cost] = await Promise.all([
    askBoth(run, checked, ({ planned }, own) => resolvedBy(own, planned)),
    askBoth(containers, session, ({ services }, own) => limits(own, services)),
    away ?? askBoth(state, session, (from, own) => restorePoints(own, from)),
    askWith(session, async (own) => (await historyOf(own, DEPLOYS)).versions),
    ask(() => costOfStack(project, stack)),
  ]);
  const report: EnvironmentReport = {
    name: stack,
    production: valueOr(
      await askWith(session, ({ file }) => policySettingsOf(file, stack).production),
      false,
    ),
    condition,
    address: await askWith(state, (from) => addressOf(stackOutputs(from))),
    containers,
    topology: await askWith(state, topologyOf),
    limits: sums,
    plan: await askWith(run, (plan) => {
      const { changes, risks } = stackReport(stack, plan);
      return { changes: changes.length, risks };
    }),
    policies: await askBoth(run, session, (plan, { file }) =>
      policiesOf(policySettingsOf(file, stack), plan),
    ),
    drift: await askWith(session, driftOf),
    restorePoints: points,
    deploys,
    cost,
    commands: {
      drift: stackCommand(project, "drift", stack),
      restore: `${stackCommand(project, "rollback", stack)} --database`,
    },
  };
  return { report, resolved };
}
