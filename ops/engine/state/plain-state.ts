// A stack's state with its secrets in plain text. It stays in memory: nothing logs it, and no argument holds it.
import { askEngine } from "../engine.ts";
import { UserError } from "../errors.ts";
import type { Session } from "../session.ts";
import type { StateResource } from "./backend.ts";
import type { ExportedStack } from "./state-transfer.ts";

/** By these two the engine tells a secret from any other table. */
const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";

/** A value with the secrets in it unwrapped, as far as they are in plain text. */
export function unwrapped(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unwrapped);
  if (typeof value !== "object" || value === null) return value;
  const table = value as Record<string, unknown>;
  if (table[SIGNATURE] === SECRET) return unwrapped(JSON.parse(String(table.plaintext)));
  return Object.fromEntries(Object.entries(table).map(([key, each]) => [key, unwrapped(each)]));
}

/** The stack's resources; none where there is no such stack yet. @throws UserError when the engine refuses, as without the right passphrase. */
export async function plainResources(session: Session): Promise<StateResource[]> {
  const { stack } = session;
  try {
    const text = await askEngine(session, ["stack", "export", "--show-secrets", "--stack", stack]);
    const { resources = [] } = (JSON.parse(text) as ExportedStack).deployment;
    return resources.map((one) => unwrapped(one) as StateResource);
  } catch (error) {
    if (error instanceof UserError && /no stack named/.test(error.message)) return [];
    throw error;
  }
}
