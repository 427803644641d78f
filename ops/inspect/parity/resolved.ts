// What a stack's program resolves to: the resources that a preview registers, and the settings as the program gets them.
import { readStack, readSystem } from "../../../infra/check/index.ts";
import type { ParityDefinition } from "../../../infra/settings/parity.ts";
import { Secret } from "../../../infra/settings/secret.ts";
import { openForPreview, type StackOptions } from "../../deploy/open-stack.ts";
import { askEngine, stackFlags } from "../../engine/engine.ts";
import { UserError } from "../../engine/errors.ts";
import { withRemoteHost } from "../../engine/remote/remote-host.ts";
import { neededForward, type Session } from "../../engine/session.ts";
import { stackCommand } from "../../engine/systems.ts";
import { type GivenVariable, splitVariables } from "./variables.ts";

/** A resource as the engine would register it; a value that is secret is `[secret]`. */
export interface PlannedResource {
  type: string;
  /** Logical name. */
  name: string;
  inputs: Readonly<Record<string, unknown>>;
  /** The engine refuses to delete it. */
  protect: boolean;
}

/** A stack as resolved. */
export interface ResolvedStack {
  system: string;
  stack: string;
  resources: PlannedResource[];
  /** Settings by key, those of the default included; of a secret only whether there is one. */
  settings: Readonly<Record<string, unknown>>;
  /** Variables that its file gives its services. @default none */
  variables?: readonly GivenVariable[];
  /** What may differ from the other stack, by the system's definition. */
  parity: ParityDefinition;
}

/** What a preview says of each resource that it looked at. */
export interface PlannedStep {
  op: string;
  newState?: { urn: string; type: string; inputs?: Record<string, unknown>; protect?: boolean };
}

interface PreviewDocument {
  steps?: PlannedStep[];
}

/** What stands for a value in the engine's previews that is known only after an update. */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/**
 * Resolves a stack: checks its settings, runs its program in a preview on the engine, and changes nothing.
 *
 * @throws UserError when the settings have errors or the preview fails.
 */
export async function resolveStack(stack: string, options: StackOptions): Promise<ResolvedStack> {
  const session = await openForPreview(stack, options);
  const text = await withRemoteHost(neededForward(session.project, session.file), () =>
    askEngine(session, ["preview", ...stackFlags(session), "--json", "--show-sames"]),
  );
  return await resolvedBy(session, (JSON.parse(text) as PreviewDocument).steps ?? []);
}

/**
 * The stack whose preview took these steps, those that change nothing included.
 *
 * @throws UserError when its settings have errors.
 */
export async function resolvedBy(session: Session, steps: readonly PlannedStep[]): Promise<ResolvedStack> {
  const { stack } = session;
  const projectDir = session.project.directory;
  const [values, system] = await Promise.all([
    readStack({ projectDir, stack, deep: false }),
    readSystem(projectDir, stack),
  ]);
  if (values.settings === undefined || system === undefined) {
    throw new UserError(
      `the settings of ${stack} can't be read`,
      `run \`${stackCommand(session.project, "preview", stack)}\`: it names what is wrong`,
      1,
    );
  }
  const { settings, variables } = splitVariables(system.keys, values.settings);
  return {
    system: session.project.name,
    stack,
    resources: plannedResources(steps),
    settings: withoutSecrets(settings),
    variables,
    parity: system.parity ?? { settings: {}, resources: {} },
  };
}

/** The resources of a preview that are there after it. */
export function plannedResources(steps: readonly PlannedStep[]): PlannedResource[] {
  // A replacement stands there in several steps, a deletion has no state afterwards.
  const resources = new Map<string, PlannedResource>();
  for (const { op, newState } of steps) {
    if (newState === undefined || op.startsWith("delete") || op.startsWith("remove")) continue;
    const { urn, type, inputs = {}, protect = false } = newState;
    resources.set(urn, { type, name: urn.split("::").slice(3).join("::"), inputs, protect });
  }
  return [...resources.values()];
}

function withoutSecrets(settings: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(settings).map(([key, value]) => [key, value instanceof Secret ? "[secret]" : value]),
  );
}
