// The privileges that each kind of object has, and how wanted and granted ones compare.
import type { CheckFailure } from "../../../plugin/handler.ts";
import { hasUnknown, type Properties } from "../../../plugin/values.ts";
import { list, str } from "./resource.ts";

/** Privileges by object type, besides ALL. */
const PRIVILEGES: Readonly<Record<string, readonly string[]>> = {
  database: ["CREATE", "CONNECT", "TEMPORARY"],
  table: ["SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER", "MAINTAIN"],
  sequence: ["USAGE", "SELECT", "UPDATE"],
  schema: ["CREATE", "USAGE"],
  function: ["EXECUTE"],
  procedure: ["EXECUTE"],
  routine: ["EXECUTE"],
  type: ["USAGE"],
  foreign_data_wrapper: ["USAGE"],
  foreign_server: ["USAGE"],
  column: ["SELECT", "INSERT", "UPDATE", "REFERENCES"],
};

/** Version that brought MAINTAIN. */
const MAINTAIN = 170_000;

/** Role name that stands for everybody. */
export const PUBLIC = "public";

/** What is wrong with the privileges of a grant. */
export function checkPrivileges(inputs: Properties): CheckFailure[] {
  const objectType = str(inputs.objectType);
  const known = PRIVILEGES[objectType];
  if (!known || hasUnknown(inputs.privileges)) return [];
  const strange = list(inputs.privileges).filter(
    (privilege) => privilege !== "ALL" && !known.includes(privilege),
  );
  if (strange.length === 0) return [];
  const reason = `${strange.join(", ")}: a ${objectType} has only ${known.join(", ")} and ALL`;
  return [{ property: "privileges", reason }];
}

/** The privileges that are wanted, with ALL written out for the server's version. */
export function wantedPrivileges(properties: Properties, version: number): string[] {
  const wanted = list(properties.privileges);
  if (!wanted.includes("ALL")) return wanted;
  const all = PRIVILEGES[str(properties.objectType)] ?? [];
  return all.filter((privilege) => privilege !== "MAINTAIN" || version >= MAINTAIN);
}

/**
 * The privileges to put into the state: the wanted ones in the user's own words if exactly those are granted, else
 * what is granted.
 */
export function statePrivileges(
  properties: Properties,
  granted: readonly string[],
  version: number,
): string[] {
  const wanted = wantedPrivileges(properties, version);
  return sameSet(wanted, granted) ? list(properties.privileges) : [...granted].sort();
}

/** Whether two lists have the same items. */
export function sameSet(a: readonly string[], b: readonly string[]): boolean {
  const [left, right] = [new Set(a), new Set(b)];
  return left.size === right.size && [...left].every((item) => right.has(item));
}
