// What a stack may say about the policies: `tandem:policies` in its file. Read from the config that the engine hands over.
import * as z from "zod";
import { amountsSchema, hostSchema } from "../lib/host-budget.ts";
import { isProduction } from "../lib/production.ts";

/** Key of the settings in a stack's file. */
export const POLICIES_KEY = "tandem:policies";

const schema = z.strictObject({
  /** Level of a rule where it is not the rule's own. */
  levels: z.record(z.string(), z.enum(["mandatory", "advisory", "disabled"])).default({}),
  /** Does the stack count as production? Without it: is its name `production` or `prod`? */
  production: z.boolean().optional(),
  /** Ports that may be published beyond loopback, as `address:port`, or `address:port/udp`. */
  publish: z
    .array(
      z.string().regex(/^\S+:\d+(\/udp)?$/, "give address:port, for example 0.0.0.0:3100 or 0.0.0.0:53/udp"),
    )
    .default([]),
  /** Beginnings of names that belong to this environment besides `<system>_<environment>_`. */
  names: z.array(z.string().min(3)).default([]),
  /** Names of networks and volumes of others that this environment may use. */
  foreign: z.array(z.string().min(1)).default([]),
  /** Environment variables that let an app act on the world when they are true; besides the usual ones. */
  liveEffects: z.array(z.string().min(1)).default([]),
  /** This environment's share of its Docker host: the sum of its containers' limits must fit. Memory in MiB. */
  budget: amountsSchema.default({}),
  /** The server, whose size the shares of all stacks on it must fit. The check looks at it, since it sees all stacks. */
  host: hostSchema.optional(),
});

/** The settings of a stack. */
export interface PolicySettings extends Omit<z.infer<typeof schema>, "production"> {
  production: boolean;
}

/** Settings, and what is wrong with them; where something is, the defaults are in force. */
export interface ReadSettings {
  settings: PolicySettings;
  problems: string[];
}

function complete(values: z.infer<typeof schema>, stack: string): PolicySettings {
  return { ...values, production: isProduction(stack, values.production) };
}

/**
 * Reads the settings.
 *
 * @param config the stack's config by key with namespace; objects are JSON text, as the engine hands them over
 * @param ruleNames names of all rules: a level for any other is a mistake
 */
export function readPolicySettings(
  config: Readonly<Record<string, string>>,
  stack: string,
  ruleNames: readonly string[],
): ReadSettings {
  const text = config[POLICIES_KEY];
  const defaults = complete(schema.parse({}), stack);
  if (text === undefined || text === "") return { settings: defaults, problems: [] };
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return { settings: defaults, problems: [`${POLICIES_KEY} is no object`] };
  }
  const parsed = schema.safeParse(document);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(
      ({ path, message }) => `${[POLICIES_KEY, ...path].join(".")}: ${message}`,
    );
    return { settings: defaults, problems };
  }
  const unknown = Object.keys(parsed.data.levels).filter((name) => !ruleNames.includes(name));
  const problems = unknown.map((name) => `${POLICIES_KEY}.levels.${name}: there is no policy of this name`);
  return { settings: complete(parsed.data, stack), problems };
}
