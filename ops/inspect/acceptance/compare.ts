// Whether two environments are equally fast: each measure with both values, and whether these are comparable.
import type { Measure, Values } from "./measure.ts";

/** A measure with the values of both. */
export interface Row {
  name: string;
  unit: Measure["unit"];
  /** Undefined where an environment has no such thing. */
  values: [number | undefined, number | undefined];
  comparable: boolean;
}

/** Differences up to these are the machine's, not the environment's. */
const NOISE: Readonly<Record<Measure["unit"], number>> = { ms: 10, "jobs/s": 0, MiB: 32, CPUs: 0 };

/**
 * Compares the measures of two environments.
 *
 * @param within how many times the smaller value the greater one may be; limits have to be the same
 */
export function compareMeasures(one: Values, other: Values, within: number): Row[] {
  const names = [...new Set([...one.keys(), ...other.keys()])];
  return names.flatMap((name): Row[] => {
    const [left, right] = [one.get(name), other.get(name)];
    const measure = (left ?? right)?.measure;
    if (measure === undefined) return [];
    const values: Row["values"] = [left?.value, right?.value];
    return [{ name, unit: measure.unit, values, comparable: isComparable(measure, values, within) }];
  });
}

function isComparable({ unit, limit = false }: Measure, values: Row["values"], within: number): boolean {
  const [one, other] = values;
  if (one === undefined || other === undefined) return false;
  if (limit) return one === other;
  const [least, most] = [Math.min(one, other), Math.max(one, other)];
  return most - least <= NOISE[unit] || most <= least * within;
}
