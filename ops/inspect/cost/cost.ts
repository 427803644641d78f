// What an environment costs a month: its price table times what runs.
import type { PriceLine } from "../../../infra/settings/prices.ts";

/** What of an environment a provider would bill. */
export interface Usage {
  /** Containers that run, with their limits. */
  containers: { component: string; cpus: number; memoryMb: number }[];
  /** Databases on servers that somebody else runs. */
  managedDatabases: number;
}

/** Money a month, from the least to the most. */
export interface Span {
  from: number;
  to: number;
}

/** A price with what it comes to. */
export interface CostLine extends Span {
  item: string;
  /** How many, and of what: `1 container of app`. */
  quantity: string;
  count: number;
}

/** A month of an environment. */
export interface MonthlyCost extends Span {
  currency: string;
  lines: CostLine[];
  /** What runs and has no price: `redis`, `managed database`. */
  unpriced: string[];
}

type Container = Usage["containers"][number];

const UNITS: Readonly<Record<PriceLine["per"], [one: string, many: string]>> = {
  environment: ["environment", "environments"],
  managedDatabase: ["managed database", "managed databases"],
  container: ["container", "containers"],
  cpu: ["CPU", "CPUs"],
  memoryGib: ["GiB of memory", "GiB of memory"],
};

function counted({ per, of }: PriceLine, { containers, managedDatabases }: Usage): number {
  const own = containers.filter(({ component }) => of === undefined || component === of);
  const total = (amount: (container: Container) => number) =>
    own.reduce((sum, container) => sum + amount(container), 0);
  switch (per) {
    case "environment":
      // What doesn't run isn't billed.
      return containers.length > 0 || managedDatabases > 0 ? 1 : 0;
    case "managedDatabase":
      return managedDatabases;
    case "container":
      return own.length;
    case "cpu":
      return total(({ cpus }) => cpus);
    case "memoryGib":
      return total(({ memoryMb }) => memoryMb / 1024);
  }
}

const cents = (money: number) => Math.round(money * 100) / 100;

function costLine(line: PriceLine, usage: Usage): CostLine {
  const count = counted(line, usage);
  const [one, many] = UNITS[line.per];
  const what = line.of === undefined ? "" : ` of ${line.of}`;
  return {
    item: line.item,
    quantity: `${Number(count.toFixed(2))} ${count === 1 ? one : many}${what}`,
    count,
    from: cents(line.from * count),
    to: cents(line.to * count),
  };
}

function unpriced(prices: readonly PriceLine[], usage: Usage): string[] {
  const components = [...new Set(usage.containers.map(({ component }) => component))].toSorted();
  const billsContainers = prices.filter(({ per }) => ["container", "cpu", "memoryGib"].includes(per));
  const without = components.filter(
    (component) => !billsContainers.some(({ of }) => of === undefined || of === component),
  );
  const databases = usage.managedDatabases > 0 && !prices.some(({ per }) => per === "managedDatabase");
  return [...without, ...(databases ? ["managed database"] : [])];
}

/** Multiplies the price table with what runs; what has no price is named, and in no sum. */
export function monthlyCost(prices: readonly PriceLine[], currency: string, usage: Usage): MonthlyCost {
  const lines = prices.map((line) => costLine(line, usage));
  const sum = (end: keyof Span) => cents(lines.reduce((total, line) => total + line[end], 0));
  return { currency, lines, from: sum("from"), to: sum("to"), unpriced: unpriced(prices, usage) };
}

/** `USD 55–70`, or `USD 25` where both are the same. */
export function money({ from, to }: Span, currency: string): string {
  const text = (amount: number) => (Number.isInteger(amount) ? String(amount) : amount.toFixed(2));
  return from === to ? `${currency} ${text(from)}` : `${currency} ${text(from)}–${text(to)}`;
}
