// The label that says what a topology opened of a container's hardening: for the policies, which let it pass and name it.

/** Name of the label; its value is policies by name, each with `:` and what exactly where there is a choice. */
export const OPENED_LABEL = "tandem.opened";

/** What a container's labels say was opened. */
export function openedIn(labels: Readonly<Record<string, unknown>>): ReadonlySet<string> {
  const value = labels[OPENED_LABEL];
  return new Set(typeof value === "string" ? value.split(" ").filter((word) => word !== "") : []);
}

/** Whether a container's user is root by name or number: to Docker `00` is 0, and so is nothing in front of a group. */
export const isRoot = (user: string): boolean => /^(root|[+-]?0*)(:|$)/.test(user);

/** Capabilities that need no opening: some of our own servers can't do without. */
export const KEPT_CAPABILITIES: readonly string[] = ["NET_BIND_SERVICE"];
