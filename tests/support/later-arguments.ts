// Generated arguments as a program that has them from outputs gives them: what may come from an output does, and is known a
// moment later.
import * as pulumi from "@pulumi/pulumi";
import { errorsOf, type Registered, recordResources } from "../../components/testing/mocks.ts";
import type { ArgumentSet, Arguments } from "./argument-sets.ts";
import { make } from "./made-arguments.ts";
import { plain } from "./rendered-arguments.ts";

/** What may come from an output as a whole. */
const WHOLE = [
  ...["image", "command", "user", "limits", "health", "healthTimeoutSeconds", "stopGraceSeconds", "port"],
  ...["timeoutSeconds", "owner", "maxConnections", "passwordVersion", "poolSize", "connectorImage"],
  ...["accountId", "zoneId", "apiToken", "tunnelId", "service"],
];
/** What holds values that may. */
const TABLES = ["environment", "secrets", "files"];
/** What has arguments of its own. */
const PARTS = ["server", "pooler", "migration", "tunnel"];

function later(value: unknown): pulumi.Output<unknown> {
  return pulumi.output(new Promise((resolve) => setImmediate(resolve, value)));
}

/** The arguments, with outputs in them. What isn't there stays away. */
export function laterArguments(args: Arguments): Arguments {
  return Object.fromEntries(
    Object.entries(args).map(([key, value]) => {
      if (value === undefined) return [key, value];
      const inner = typeof value === "object" && value !== null && !Array.isArray(value);
      // A folder to build is plain: what is no text is taken for one.
      if (key === "image" && typeof value === "object") return [key, value];
      // Which form a check has that Tandem brings a program for must be written down; its values may come from outputs.
      if (key === "health" && inner && ("http" in value || "tcp" in value)) {
        const entries = Object.entries(value).filter(([, each]) => each !== undefined);
        return [
          key,
          Object.fromEntries(entries.map(([name, each]) => [name, name === "tcp" ? each : later(each)])),
        ];
      }
      if (WHOLE.includes(key)) return [key, later(value)];
      if (inner && TABLES.includes(key)) {
        const entries = Object.entries(value).map(([name, each]) => [name, later(each)]);
        return [key, Object.fromEntries(entries)];
      }
      return inner && PARTS.includes(key) ? [key, laterArguments(value as Arguments)] : [key, value];
    }),
  );
}

/** What a program that has the set's arguments from outputs ends with, and what it registered. */
export async function renderLater(set: ArgumentSet): Promise<{ errors: string[]; resources: Registered[] }> {
  const registered = await recordResources();
  const errors = await errorsOf(() => make({ ...set, args: laterArguments(set.args) })).catch(
    (error: unknown) => {
      if (pulumi.RunError.isInstance(error) || pulumi.ResourceError.isInstance(error)) return [error.message];
      throw error;
    },
  );
  return { errors, resources: registered.map((each) => ({ ...each, inputs: plain(each.inputs) })) };
}

/** What each error says is wrong, without the component, the engine's words before it, and the end of a sentence. */
export function reasonsOf(errors: readonly string[]): string[] {
  return errors.flatMap((error) => {
    const [first = "", ...listed] = error.replace(/error serializing property "[^"]*": /g, "").split("\n  ");
    return listed.length > 0 ? listed : [first.replace(/^[^:]*: /, "").replace(/\.$/, "")];
  });
}
