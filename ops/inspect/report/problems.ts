// What of a pair wants attention, worst first, each with what fixes it; and the whole in one sentence.

import { lastRun } from "../../engine/job-words.ts";
import type { Project } from "../../engine/project.ts";
import { stackCommand } from "../../engine/systems.ts";
import { money } from "../cost/cost.ts";
import type { Comparison } from "../parity/compare.ts";
import { sumOf } from "./limits.ts";
import type { Amounts, EnvironmentReport, Level, Problem } from "./model.ts";
import type { Source } from "./source.ts";

/** What the problems are looked for in. */
export interface Pair {
  project: Project;
  environments: readonly [EnvironmentReport, EnvironmentReport];
  parity: Source<Comparison>;
}

const LEVELS: readonly Level[] = ["bad", "warn", "note"];
/** Names of amounts, for people. */
export const AMOUNTS: Readonly<Record<keyof Amounts, string>> = {
  memoryMb: "MiB of memory",
  cpus: "CPUs",
  pids: "processes",
};
const KEYS = Object.keys(AMOUNTS) as (keyof Amounts)[];

type Found = Omit<Problem, "environment">;
type Look = (environment: EnvironmentReport, command: (name: string) => string) => Found[];

const bad = (text: string, fix: string): Found => ({ level: "bad", text, fix });
const warn = (text: string, fix: string): Found => ({ level: "warn", text, fix });
const note = (text: string, fix: string): Found => ({ level: "note", text, fix });

/** `1 thing`, `2 things`. */
export function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}

const condition: Look = ({ condition, containers }, command) => {
  if (!containers.ok) return [bad(`its containers can't be seen: ${containers.problem}`, containers.fix)];
  if (condition === "never") return [warn("it was never brought up", command("up"))];
  if (condition === "down") return [warn("it is down: none of its containers runs", command("up"))];
  const { services, missing } = containers.value;
  const sick = services.flatMap(({ name, component, state, health }) => {
    if (state === "running" && health === "unhealthy") {
      return [bad(`${component} is unhealthy: ${name}`, `${command("logs")} ${component}`)];
    }
    return state === "running"
      ? []
      : [bad(`${component} doesn't run, it is ${state}: ${name}`, command("up"))];
  });
  return [
    ...sick,
    ...missing.map((name) => bad(`a container is gone: ${name}`, `${command("drift")} --fix`)),
  ];
};

const jobs: Look = ({ containers }, command) => {
  if (!containers.ok) return [];
  return containers.value.services.flatMap(({ component, jobs: states = [] }) =>
    states.flatMap((state) => {
      const last = lastRun(state);
      return last?.failed === true
        ? [warn(`the job ${state.job} failed: ${last.words}`, `${command("logs")} ${component}`)]
        : [];
    }),
  );
};

const plan: Look = ({ plan, condition }, command) => {
  const away = condition === "down" || condition === "never";
  if (!plan.ok) return [(away ? warn : bad)(`its preview says nothing: ${plan.problem}`, plan.fix)];
  const { changes, risks } = plan.value;
  const data = risks
    .filter(({ kind }) => kind === "data")
    .map(({ text }) => bad(`the next update ${text}`, command("preview")));
  // What is down or was never up is told already, and all of it would change.
  if (changes === 0 || away) return data;
  return [
    ...data,
    note(`${count(changes, "change waits", "changes wait")} to be deployed`, `${command("preview")} --diff`),
  ];
};

const policies: Look = ({ policies }) => {
  if (!policies.ok) return [];
  const byPolicy = Map.groupBy(policies.value.violations, ({ policy }) => policy);
  return [...byPolicy].flatMap(([policy, found]) =>
    found.slice(0, 1).map(({ mandatory, text, fix }) => {
      const more = found.length === 1 ? "" : `, and ${found.length - 1} more`;
      const what = mandatory ? "the policy" : "the advice";
      return (mandatory ? bad : note)(`it breaks ${what} ${policy}: ${text}${more}`, fix);
    }),
  );
};

const drift: Look = ({ drift, condition, deploys }, command) => {
  if (!drift.ok) return [note(`nothing is known of drift: ${drift.problem}`, drift.fix)];
  if (condition === "never") return [];
  const { lookedAt, drifts } = drift.value;
  if (lookedAt === undefined) return [note("nobody has looked for drift yet", command("drift"))];
  const newest = deploys.ok ? deploys.value.at(-1)?.startedAt : undefined;
  if (drifts.length > 0) {
    const subjects = drifts.map(({ subject }) => subject).join(", ");
    return [
      warn(
        `${count(drifts.length, "thing was", "things were")} changed by hand: ${subjects}`,
        command("drift"),
      ),
    ];
  }
  const old = newest !== undefined && Date.parse(newest) > Date.parse(lookedAt);
  return old ? [note("nobody has looked for drift since the last deploy", command("drift"))] : [];
};

const deploys: Look = ({ deploys }, command) => {
  if (!deploys.ok) return [note(`its history says nothing: ${deploys.problem}`, deploys.fix)];
  const last = deploys.value.findLast(({ kind }) => kind === "update");
  return last?.result === "failed"
    ? [bad(`its last deploy failed: version ${last.number}`, command("up"))]
    : [];
};

const budget: Look = ({ limits }) => {
  if (!limits.ok) return [];
  const { used, budget } = limits.value;
  return KEYS.flatMap((key) => {
    const most = budget[key];
    return most === undefined || used[key] <= most
      ? []
      : [
          warn(
            `its limits add up to ${used[key]} ${AMOUNTS[key]}, its share is ${most}`,
            "lower a limit, or raise tandem:policies.budget in its stack file",
          ),
        ];
  });
};

const data: Look = ({ restorePoints, production, condition }) => {
  if (!restorePoints.ok) {
    return condition === "up"
      ? [warn(`its restore points can't be listed: ${restorePoints.problem}`, restorePoints.fix)]
      : [];
  }
  if (!production || restorePoints.value.kept > 0) return [];
  const fix = "set restorePoints in its stack file, for example to 5";
  return [note("it keeps no restore points: a migration can't be undone", fix)];
};

const cost: Look = ({ cost }) => {
  if (!cost.ok) return [note(`its cost can't be told: ${cost.problem}`, cost.fix)];
  const unpriced = cost.value?.unpriced ?? [];
  return unpriced.length === 0
    ? []
    : [
        note(
          `${unpriced.join(", ")}: without a price, in no sum (${money(cost.value ?? { from: 0, to: 0 }, cost.value?.currency ?? "")})`,
          "add a line to the price table in its settings",
        ),
      ];
};

const LOOKS: readonly Look[] = [condition, jobs, plan, policies, drift, deploys, budget, data, cost];

/** Limits of both on one host that are more than it has. */
function overcommitted([one, other]: Pair["environments"]): Problem[] {
  if (!one.limits.ok || !other.limits.ok || one.limits.value.host.id !== other.limits.value.host.id)
    return [];
  const { host } = one.limits.value;
  const used = sumOf([one.limits.value.used, other.limits.value.used]);
  return KEYS.flatMap((key): Problem[] => {
    const most = host[key];
    if (most === undefined || used[key] <= most) return [];
    const text = `the limits of both add up to ${used[key]} ${AMOUNTS[key]}, their host has ${most}: one can slow the other`;
    return [{ level: "note", text, fix: "lower limits in the stack files, or take a larger host" }];
  });
}

function unlike({ project, environments: [one, other], parity }: Pair): Problem[] {
  const names = `${one.name} ${other.name}`;
  const command = stackCommand(project, "parity", names);
  if (!parity.ok)
    return [{ level: "warn", text: `the two can't be compared: ${parity.problem}`, fix: parity.fix }];
  const wrong = parity.value.differences.filter(({ reason }) => reason === undefined).length;
  return wrong === 0
    ? []
    : [
        {
          level: "warn",
          text: `${count(wrong, "thing differs", "things differ")} that must not`,
          fix: command,
        },
      ];
}

/** Everything that wants attention, worst first. */
export function problemsOf(pair: Pair): Problem[] {
  const own = pair.environments.flatMap((environment) => {
    const command = (name: string) => stackCommand(pair.project, name, environment.name);
    return LOOKS.flatMap((look) => look(environment, command)).map(
      (found): Problem => ({ ...found, environment: environment.name }),
    );
  });
  return [...own, ...unlike(pair), ...overcommitted(pair.environments)].toSorted(
    (a, b) => LEVELS.indexOf(a.level) - LEVELS.indexOf(b.level),
  );
}

/** How the pair is, by the gravest of its problems. */
export function verdictOf(problems: readonly Problem[]): Level | "good" {
  return LEVELS.find((level) => level !== "note" && problems.some((one) => one.level === level)) ?? "good";
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

/** The whole in one sentence. */
export function sentenceOf({ environments, parity }: Pair, problems: readonly Problem[]): string {
  const verdict = verdictOf(problems);
  const [first] = problems;
  const names = environments.map(({ name }) => name).join(" and ");
  if (verdict === "good" || first === undefined) {
    const allowed = parity.ok ? parity.value.differences.length : 0;
    return `${capital(names)} are well: both are up, healthy, and the same but for ${count(allowed, "thing")} that may differ.`;
  }
  const others = problems.filter(({ level }) => level !== "note").length - 1;
  const more = others === 0 ? "" : `, and ${count(others, "more thing wants", "more things want")} attention`;
  const where = first.environment ?? "the pair";
  const opening = verdict === "bad" ? `Something is broken in ${where}` : `${where} wants attention`;
  return `${capital(opening)}: ${first.text}${more}.`;
}
