// What a check of the isolation says: what was tried, what came back, whether it holds.

/** What a check is about. */
export type Area =
  | "networks"
  | "rights"
  | "names"
  | "addresses"
  | "credentials"
  | "databases"
  | "keys"
  | "volumes"
  | "labels"
  | "variables"
  | "hostnames"
  | "ports";

/** One check. Neither text holds a secret. */
export interface Check {
  area: Area;
  /** Environment that it is about, or from which something was tried. */
  environment: string;
  /** What was looked at or tried. */
  tried: string;
  /** What came back. */
  answer: string;
  /** Whether the isolation holds; `untried` where it could not be found out. */
  result: "holds" | "broken" | "untried";
}

/** A check of something that must not be there: it holds where the list is empty. */
export function none(about: Omit<Check, "answer" | "result">, found: readonly string[], good: string): Check {
  const broken = found.length > 0;
  return { ...about, answer: broken ? found.join("; ") : good, result: broken ? "broken" : "holds" };
}
