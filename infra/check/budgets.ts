// Budgets: the stacks that are on one server have shares of it, and all shares together fit it. A stack's own limits are held
// against its share by the policy `host-budget`; here it is the sum of the shares, which no stack's own run can see.
import {
  AMOUNT_KEYS,
  amountsSchema,
  type DeclaredHost,
  type HostAmounts,
  hostSchema,
  roundedAmount,
} from "../../lib/host-budget.ts";
import type { Demand } from "../settings/define.ts";
import { type Issue, set } from "../settings/issue.ts";
import { isMap } from "../settings/structures.ts";
import { POLICIES_KEY, structured } from "./stack-keys.ts";

/** A stack as the server sees it. */
export interface Tenant {
  stack: string;
  /** Settings in other namespaces by full key. */
  foreign: ReadonlyMap<string, unknown>;
  demands: readonly Demand[];
  /** Where its containers run; undefined is this machine's own Docker. */
  dockerHost?: string | undefined;
}

type Amount = keyof HostAmounts;

const WORDS: Readonly<Record<Amount, string>> = {
  cpus: "CPUs",
  memoryMb: "MiB of memory",
  pids: "processes",
};

/** What all containers of a stack may use together. */
export function demanded(demands: readonly Demand[], key: Amount): number {
  return roundedAmount(demands.reduce((total, demand) => total + demand[key] * demand.count, 0));
}

function told<T>(
  { foreign }: Tenant,
  key: string,
  schema: { safeParse(value: unknown): { data?: T } },
): T | undefined {
  const policies = structured(foreign.get(POLICIES_KEY));
  // What can't be read is told by the policy `policy-settings`.
  return isMap(policies) && policies[key] !== undefined ? schema.safeParse(policies[key]).data : undefined;
}

/** The server that a stack names; undefined where it names none. */
export function hostOf(tenant: Tenant): DeclaredHost | undefined {
  return told<DeclaredHost>(tenant, "host", hostSchema);
}

/** A stack's share of its server; undefined where it sets none. */
export function budgetOf(tenant: Tenant): HostAmounts | undefined {
  return told<HostAmounts>(tenant, "budget", amountsSchema);
}

/** The share, or what its containers may use where it sets none. */
function shareOf(tenant: Tenant, key: Amount): number {
  return budgetOf(tenant)?.[key] ?? demanded(tenant.demands, key);
}

const listed = (words: readonly string[]) => new Intl.ListFormat("en-GB").format(words);

/** Shares that are too much for the server that the stack's file names, and stacks that tell its size differently. */
export function budgetIssues(own: Tenant, others: readonly Tenant[]): Issue[] {
  const host = hostOf(own);
  if (host === undefined) return [];
  const beside = others.filter((other) => hostOf(other)?.name === host.name);
  const tenants = [own, ...beside];
  return AMOUNT_KEYS.flatMap((key): Issue[] => {
    const size = host[key];
    const other = beside.find((tenant) => hostOf(tenant)?.[key] !== size);
    if (other !== undefined) return [unlikeSize(host, key, other)];
    if (size === undefined) return [];
    const sum = roundedAmount(tenants.reduce((total, tenant) => total + shareOf(tenant, key), 0));
    if (sum <= size) return [];
    const shares = tenants.map((tenant) => `${tenant.stack} (${shareOf(tenant, key)})`);
    const reason = `${listed(shares)} may use ${sum} ${WORDS[key]} together, and their host ${host.name} has ${size}`;
    const left = roundedAmount(shareOf(own, key) - (sum - size));
    const fix = left > 0 ? [set(left, [POLICIES_KEY, "budget", key])] : [];
    return [{ problem: "over-budget", path: [POLICIES_KEY, "budget", key], reason, fix }];
  });
}

function unlikeSize(host: DeclaredHost, key: Amount, other: Tenant): Issue {
  const theirs = hostOf(other)?.[key];
  const has = (amount: number | undefined) => (amount === undefined ? "no number of" : String(amount));
  const path = [POLICIES_KEY, "host", key];
  const reason = `${has(host[key])} ${WORDS[key]} for ${host.name}, and ${other.stack} says ${has(theirs)}: it is one server`;
  const fix = theirs === undefined ? [] : [set(theirs, path)];
  return { problem: "unlike-other-stack", path, reason, fix };
}

/**
 * Limits that are too much for the Docker that answers: of memory always, since the kernel then kills processes; of CPUs
 * only where the stack's file doesn't name its server, since on a smaller one all is slower and nothing else.
 */
export function dockerIssues(
  own: Tenant,
  others: readonly Tenant[],
  docker: { cpus: number; memoryMb: number },
): Issue[] {
  const tenants = [own, ...others.filter(({ dockerHost }) => dockerHost === own.dockerHost)];
  const keys = hostOf(own) === undefined ? (["memoryMb", "cpus"] as const) : (["memoryMb"] as const);
  const first = own.demands[0];
  if (first === undefined) return [];
  return keys.flatMap((key): Issue[] => {
    const sum = roundedAmount(tenants.reduce((total, { demands }) => total + demanded(demands, key), 0));
    if (sum <= docker[key]) return [];
    const stacks = tenants.filter(({ demands }) => demands.length > 0).map(({ stack }) => stack);
    const whose = stacks.length > 1 ? `the containers of ${listed(stacks)}` : "the containers";
    const reason = `together ${whose} may use ${sum} ${WORDS[key]}, more than the ${docker[key]} of the Docker host`;
    const largest = own.demands.reduce((most, demand) => (demand[key] > most[key] ? demand : most), first);
    const half =
      key === "cpus"
        ? set(roundedAmount(largest.cpus / 2), [...largest.path, "cpus"])
        : set(`${Math.max(128, Math.floor(largest.memoryMb / 2))}m`, [...largest.path, "memory"]);
    const path = largest.path.slice(0, 1);
    return [{ problem: "over-budget", path, reason, fix: [half], severity: "warning" }];
  });
}
