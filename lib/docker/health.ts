// What Docker can't take of a health check, in each of its forms.
import { isKnown, type Problems, requiredCommand } from "./problems.ts";
import { hostname, port, seconds, shown, whole, word } from "./values.ts";

/** How Docker finds out whether a container works; seconds. */
export interface HealthFacts {
  command?: unknown;
  shell?: unknown;
  http?: unknown;
  tcp?: unknown;
  port?: unknown;
  host?: unknown;
  intervalSeconds?: unknown;
  timeoutSeconds?: unknown;
  retries?: unknown;
  startPeriodSeconds?: unknown;
}

const FORMS = ["command", "shell", "http", "tcp"] as const;

/** A path of a request: what could end its first line is no part of one. */
function requestPath(value: unknown): string | undefined {
  return typeof value === "string" && /^\/[!-~]*$/.test(value)
    ? undefined
    : `is ${shown(value)}; it must be a path such as /healthz`;
}

/** Says what is wrong with a health check. */
export function healthProblems(problems: Problems, health: HealthFacts): void {
  const given = FORMS.filter((form) => health[form] !== undefined);
  if (given.length > 1) problems.add("health", `has ${given.join(" and ")}; give one of them`);
  if (given.length === 0 || health.command !== undefined)
    requiredCommand(problems, "health.command", health.command);
  problems.optional("health.shell", health.shell, (value) =>
    value === "" ? "is empty; it must be a command for /bin/sh" : word(value),
  );
  problems.optional("health.http", health.http, requestPath);
  if (isKnown(health.tcp) && health.tcp !== true) problems.add("health.tcp", "must be true");
  problems.optional("health.port", health.port, port);
  problems.optional("health.host", health.host, hostname);
  problems.optional("health.intervalSeconds", health.intervalSeconds, seconds());
  problems.optional("health.timeoutSeconds", health.timeoutSeconds, seconds());
  problems.optional("health.retries", health.retries, whole(1, 1000));
  problems.optional("health.startPeriodSeconds", health.startPeriodSeconds, (value) =>
    value === 0 ? undefined : seconds()(value),
  );
}
