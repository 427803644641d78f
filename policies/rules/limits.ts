// Limits: one environment can't starve the other on a host that both share.
import { AMOUNT_KEYS, roundedAmount } from "../../lib/host-budget.ts";
import { launcher } from "../../lib/launcher.ts";
import {
  containerRule,
  type Facts,
  isMissing,
  numberOf,
  type ResourceRule,
  type StackRule,
  type Subject,
  types,
} from "../rule.ts";

/** CPUs of a container, however they are given: `cpus`, or a quota per period. */
function cpusOf(facts: Facts): number | undefined {
  const quota = numberOf(facts.cpuQuota);
  return (
    numberOf(facts.cpus) ?? (quota === undefined ? undefined : quota / (numberOf(facts.cpuPeriod) ?? 100_000))
  );
}

interface Limit {
  name: string;
  cis: string;
  key: "memory" | "cpus" | "pids";
  what: string;
  reason: string;
}

/** What Docker is told in the resources of each type. */
const KEYS = {
  [types.container]: { memory: "memory", cpus: "cpus" },
  [types.migration]: { memory: "memoryMb", cpus: "cpus", pids: "pids" },
  [types.start]: { pids: "pids" },
} as Readonly<Record<string, Partial<Record<Limit["key"], string>>>>;

function limitRule({ name, cis, key, what, reason }: Limit): ResourceRule {
  return {
    name,
    group: "limits",
    cis,
    title: `Every container has a ${what} limit.`,
    reason,
    fix: `set ${key === "memory" ? "memoryMb" : key} in the component's limits`,
    level: "mandatory",
    types: Object.entries(KEYS).flatMap(([type, keys]) => (keys[key] === undefined ? [] : [type])),
    check({ facts, type }) {
      const value = facts[KEYS[type]?.[key] ?? key];
      const given = key === "cpus" && isMissing(value) ? cpusOf(facts) : value;
      const amount = numberOf(given);
      return isMissing(given) || (amount !== undefined && amount <= 0) ? [`has no ${what} limit`] : [];
    },
  };
}

function sum(
  subjects: readonly Subject[],
  type: string,
  amount: (facts: Facts) => number | undefined,
): number {
  return subjects
    .filter((subject) => subject.type === type)
    .reduce((total, { facts }) => roundedAmount(total + (amount(facts) ?? 0)), 0);
}

export const limits: readonly (ResourceRule | StackRule)[] = [
  limitRule({
    name: "memory-limit",
    cis: "5.11",
    key: "memory",
    what: "memory",
    reason:
      "Without one, a leak in staging ends production's database: the kernel kills the largest process.",
  }),
  limitRule({
    name: "cpu-limit",
    cis: "5.12",
    key: "cpus",
    what: "CPU",
    reason: "A busy loop in staging would slow production's answers.",
  }),
  limitRule({
    name: "pid-limit",
    cis: "5.29",
    key: "pids",
    what: "process",
    reason: "The host has one table of processes; a fork bomb in one container fills it for all.",
  }),
  containerRule({
    name: "no-swap",
    group: "limits",
    title: "A container's memory limit holds for memory and swap together.",
    reason:
      "Without it Docker grants the same amount again as swap, and a container over its limit slows the host.",
    fix: "set memorySwap to the value of memory",
    level: "mandatory",
    check({ facts }) {
      const memory = numberOf(facts.memory);
      if (memory === undefined || memory <= 0) return [];
      const swap = facts.memorySwap;
      if (isMissing(swap)) return ["has no limit on memory and swap together"];
      const total = numberOf(swap);
      return total === undefined || total === memory
        ? []
        : [`may swap: memory ${memory}, with swap ${total} (MiB)`];
    },
  }),
  {
    name: "budget-set",
    group: "limits",
    title: "The stack's file names the environment's share of its host.",
    reason: "Without a share nothing says when the limits of all containers together are too much.",
    fix: `set tandem:policies.budget, as ${launcher()} report tells what is used`,
    level: "advisory",
    checkStack(subjects, { settings: { budget } }) {
      const unset = AMOUNT_KEYS.filter((key) => budget[key] === undefined);
      const runs = subjects.some(({ type }) => type === types.container);
      return runs && unset.length > 0 ? [{ text: `its share of the host has no ${unset.join(", ")}` }] : [];
    },
  },
  {
    name: "host-budget",
    group: "limits",
    title: "The limits of an environment's containers fit its share of the host.",
    reason: "Limits that add up to more than there is protect nobody: all may use theirs at the same time.",
    fix: "lower a limit or the number of replicas, or raise tandem:policies.budget where the host has room",
    level: "mandatory",
    checkStack(subjects, { settings: { budget } }) {
      const used = {
        cpus: sum(subjects, types.container, cpusOf),
        memoryMb: sum(subjects, types.container, ({ memory }) => numberOf(memory)),
        pids: sum(subjects, types.start, ({ pids }) => numberOf(pids)),
      };
      return AMOUNT_KEYS.flatMap((key) => {
        const most = budget[key];
        return most === undefined || used[key] <= most
          ? []
          : [{ text: `its containers may use ${used[key]} ${key} together, its share is ${most}` }];
      });
    },
  },
];
