// How a building block of settings is made: a zod schema that carries what the check and Pulumi.yaml need to know.
import { z } from "zod";
import { Wrong } from "./issue.ts";

/** The types that Pulumi.yaml's `config:` block knows. */
export type PulumiType = "string" | "integer" | "boolean" | "array" | "object";

/** What a schema says about itself. */
export interface KindMeta {
  /** Name of the building block, for example `port`. */
  kind: string;
  /** Type in Pulumi.yaml. */
  type: PulumiType;
  /** Type of the items, for arrays. */
  items?: PulumiType;
  /** A value that is right, for fixing commands; none for maps and lists. */
  example?: string;
  /** The value must be encrypted. */
  secret?: true;
  /** Variables of these roles: each value is looked at by itself, and is encrypted or not. */
  variables?: { roles: readonly string[]; secret: boolean };
}

const kinds = z.registry<KindMeta>();

/** A schema from a parser that answers with the value or with what is wrong. */
export function kind<T>(meta: KindMeta, parse: (value: unknown) => T | Wrong): z.ZodType<T> {
  const schema = z.unknown().transform((value, context): T => {
    const result = parse(value);
    if (!(result instanceof Wrong)) return result;
    report(context, [], result);
    return z.NEVER;
  });
  return described(schema, meta);
}

/** Attaches the meta data that `metaOf` reads. */
export function described<T>(schema: z.ZodType<T>, meta: KindMeta): z.ZodType<T> {
  kinds.add(schema, meta);
  return schema;
}

/** What a schema says about itself. @throws Error for a schema that is not one of the building blocks. */
export function metaOf(schema: z.ZodType): KindMeta {
  const meta = kinds.get(schema);
  if (meta === undefined)
    throw new Error("a setting's schema must be one of the building blocks of infra/settings");
  return meta;
}

/** Hands an issue to zod, below the value at hand. */
export function report(context: z.RefinementCtx, path: PropertyKey[], wrong: Wrong): void {
  context.addIssue({
    code: "custom",
    message: wrong.reason,
    path,
    params: { problem: wrong.problem, fix: wrong.fix },
  });
}
