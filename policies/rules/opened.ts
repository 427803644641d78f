// What a topology opens of the hardening on purpose: the rules of hardening let it pass, this one names it.
import { openedIn } from "../../lib/docker/opened.ts";
import { type Facts, type ResourceRule, records, types } from "../rule.ts";

/** What the topology opened of a container's hardening, as its label says. */
export function opened(facts: Facts): ReadonlySet<string> {
  const labels = Array.isArray(facts.labels)
    ? Object.fromEntries(records(facts.labels).map(({ label, value }) => [String(label), value]))
    : (records([facts.labels])[0] ?? {});
  return openedIn(labels);
}

/** What is opened, in words; a capability says itself. */
const OPENED_WORDS: Readonly<Record<string, string>> = {
  "non-root": "root, or the user that its image names",
  "read-only-root": "a writable root file system",
  "no-devices": "devices of the host",
  "bounded-ulimits": "a limit of its processes that is lifted",
};

export const openedHardening: readonly ResourceRule[] = [
  {
    name: "opened-hardening",
    group: "hardening",
    title: "What a topology opens of the hardening is known.",
    reason:
      "An image that wasn't made for this may need root, a writable root or a capability; whoever reviews the change has to " +
      "know that it gets them, and a team may refuse them in production.",
    fix: "leave the component's argument out if the image works without; set the level to mandatory to refuse it",
    level: "advisory",
    types: [types.container, types.migration],
    check: ({ facts }) =>
      [...opened(facts)].map(
        (name) => `has by its topology: ${OPENED_WORDS[name] ?? name.replace(":", " ")}`,
      ),
  },
];
