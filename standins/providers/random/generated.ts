// What all random resources have in common: made once, never changed, replaced when anything they depend on changes.
import type { CheckFailure, ResourceHandler } from "../../../plugin/handler.ts";
import {
  checkTable,
  diffTable,
  inputsFromOutputs,
  type PropertySpec,
  type PropertyTable,
  previewTable,
  secretsOf,
  withDefaults,
} from "../../../plugin/property-table.ts";
import { type Properties, sameValue } from "../../../plugin/values.ts";

/** A value that was made: the resource's id, and the outputs besides the inputs. */
export interface Generated {
  readonly id: string;
  readonly outputs: Properties;
}

/** One kind of random resource. */
export interface Generator {
  /** Its properties. `keepers` is added, and every input asks for a replacement. */
  readonly table: PropertyTable;
  /** What is wrong with inputs that are right one by one; may see unknowns. */
  check?(inputs: Properties): readonly CheckFailure[];
  /** Inputs that stand for the given ones, where some are two names of one thing. @default the inputs */
  normalize?(inputs: Properties): Properties;
  /** Makes the value from complete inputs. */
  generate(inputs: Properties): Promise<Generated> | Generated;
  /** Makes the state of a value from the id given to an import. @default an import is refused */
  fromId?(id: string): Promise<Generated> | Generated;
  /** Version of the official plugin's state format, which it expects to find in the state. */
  readonly schemaVersion?: number;
}

const KEEPERS: PropertySpec = {
  type: "map",
  description: "Arbitrary values; a change of any of them makes a new random value.",
  same: (old, next) => sameValue(old ?? {}, next ?? {}),
};

/** Completes the table of a generator: `keepers`, and replacement on every input. */
export function generatedTable(generator: Generator): PropertyTable {
  const entries = Object.entries({ keepers: KEEPERS, ...generator.table });
  return Object.fromEntries(
    entries.map(([key, spec]) => [key, spec.output ? spec : { ...spec, replace: true }]),
  );
}

/** Serves one kind of random resource. */
export function generatedResource(generator: Generator): ResourceHandler<unknown> {
  const table = generatedTable(generator);
  const normalize = (inputs: Properties) => generator.normalize?.(inputs) ?? inputs;
  const complete = (inputs: Properties) => withDefaults(table, normalize(inputs));
  const meta: Properties =
    generator.schemaVersion === undefined
      ? {}
      : { __meta: JSON.stringify({ schema_version: String(generator.schemaVersion) }) };

  return {
    secretOutputs: secretsOf(table),
    check({ news }) {
      const { inputs, failures } = checkTable(table, news);
      return {
        inputs,
        failures: failures.length > 0 ? failures : (generator.check?.(complete(inputs)) ?? []),
      };
    },
    diff: ({ olds, news }) => diffTable(table, olds, normalize(news)),
    preview: ({ inputs }) => previewTable(table, normalize(inputs)),
    async create({ inputs }) {
      const { id, outputs } = await generator.generate(complete(inputs));
      return { id, outputs: { ...complete(inputs), ...outputs, ...meta } };
    },
    async read({ id, outputs, inputs }) {
      // Nothing but the state knows the value, so there is nothing to look up.
      if (Object.keys(outputs).length > 0) return { id, outputs, inputs };
      if (!generator.fromId) throw new Error("this kind of random value can't be imported");
      const made = await generator.fromId(id);
      const imported = withDefaults(table, made.outputs);
      return { id: made.id, outputs: { ...imported, ...meta }, inputs: inputsFromOutputs(table, imported) };
    },
    delete() {},
  };
}
