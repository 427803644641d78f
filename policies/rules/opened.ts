// What a topology opens of the hardening on purpose: the rules of hardening let it pass, this one names it.
import { openedIn } from "../../lib/docker/opened.ts";
import { type Facts, type ResourceRule, records, texts, types } from "../rule.ts";

/** What the topology opened of a container's hardening, as its label says. */
export function opened(facts: Facts): ReadonlySet<string> {
  const labels = Array.isArray(facts.labels)
    ? Object.fromEntries(records(facts.labels).map(({ label, value }) => [String(label), value]))
    : (records([facts.labels])[0] ?? {});
  return openedIn(labels);
}

/** A migration's options in the form of a container's, which is hardened but for them. */
function asContainer(facts: Facts): Facts {
  const [options = {}] = records([facts.options]);
  const capabilities = { drops: ["ALL"], adds: options.capabilities };
  return { ...facts, readOnly: options.writableRoot !== true, capabilities };
}

/** A rule about what a topology may open, of containers of the Docker provider and of migrations. */
export function hardenedRule({ check, ...rule }: Omit<ResourceRule, "types">): ResourceRule {
  return {
    ...rule,
    types: [types.container, types.migration],
    check: ({ facts, ...subject }, around) =>
      check({ ...subject, facts: subject.type === types.migration ? asContainer(facts) : facts }, around),
  };
}

/** Which devices of the host it gets. */
function devicesOf({ devices, gpus }: Facts): string {
  const named = records(devices).map(({ hostPath }) => String(hostPath));
  return [...named, ...texts([gpus]).map((each) => `GPUs ${each}`)].join(", ");
}

/** What is opened, in words; a capability says itself. */
const OPENED_WORDS: Readonly<Record<string, string>> = {
  "non-root": "root, or the user that its image names",
  "read-only-root": "a writable root file system",
  "no-devices": "devices of the host",
  "bounded-ulimits": "a limit of its processes that is lifted",
  "redis-default-user": "Redis' default user as its login: the password alone lets clients in",
};

/** The words for one thing that was opened; its kind may come first, and what exactly behind it. */
function wordsOf(name: string): string {
  const named = name
    .replace(/^redis-command:/, "Redis' command ")
    .replace(/^postgres-setting:/, "Postgres' setting ")
    .replace(":", " ");
  return OPENED_WORDS[name] ?? named;
}

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
      [...opened(facts)].map((name) => {
        const which = name === "no-devices" ? devicesOf(facts) : "";
        return `has by its topology: ${wordsOf(name)}${which === "" ? "" : `: ${which}`}`;
      }),
  },
];
