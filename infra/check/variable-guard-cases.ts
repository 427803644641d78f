// For tests of the guards: variables in which an environment reaches into another one.
import type { GuardCase } from "./guard-cases.ts";
import { put } from "./testing.ts";

const SHARED = "tandem:sharedVariables";
const KEY = "c3b1-a-key-that-only-one-may-have";

/** A case of a system's staging: one plain variable of its service. */
function variable(system: string, what: string, value: string, reason: RegExp, name = "UPSTREAM"): GuardCase {
  return {
    system,
    stack: "staging",
    what,
    edits: [put(`${system}:environment`, `{app: {${name}: "${value}"}}`)],
    kind: "other-environment",
    key: `${system}:environment.app.${name}`,
    reason,
    fix: `rm --path ${system}:environment.app.${name} --stack staging`,
  };
}

/** Every case; each stack file is as it is tracked but for the edits. */
export const variableGuardCases: GuardCase[] = [
  variable(
    "oracle",
    "production's hostname in a variable",
    "https://theoracle.ingeniotech.co.uk/api",
    /the hostname of production; if that is meant, tandem:sharedVariables says so with app\.UPSTREAM/,
  ),
  variable(
    "oracle",
    "production's gateway in a variable",
    "http://127.0.0.1:3100/",
    /port 3100, the hostPort/,
  ),
  variable(
    "oracle",
    "the port of production's database in a variable",
    "15100",
    /the postgresPort/,
    "DB_PORT",
  ),
  variable(
    "oracle",
    "production's server by its name in a variable",
    "oracle_production_redis",
    /by its name/,
  ),
  variable(
    "lugh",
    "production's database in a variable",
    "prod_lugh",
    /the database of production/,
    "DB_NAME",
  ),
  variable("lugh", "production's files in a variable", "/.lugh-prod/uploads", /the home of production/),
  {
    system: "oracle",
    stack: "staging",
    what: "production's key in a secret variable",
    edits: [],
    secrets: [{ "secrets.app.API_KEY": KEY }, { "secrets.app.API_KEY": KEY }],
    kind: "same-as-other-stack",
    key: "oracle:secrets.app.API_KEY",
    reason: /same secret as in production: each stack needs its own; if it is meant, .* with app\.API_KEY/,
    fix: "set --secret --path oracle:secrets.app.API_KEY --stack staging",
  },
  {
    system: "oracle",
    stack: "staging",
    what: "production's token in a secret variable",
    edits: [],
    secrets: [{ "secrets.app.API_KEY": KEY }, { voipToken: KEY }],
    kind: "same-as-other-stack",
    key: "oracle:secrets.app.API_KEY",
    reason: /same secret as voipToken in production/,
    fix: "set --secret --path oracle:secrets.app.API_KEY --stack staging",
  },
  {
    ...variable("oracle", "a word for a variable that there isn't", "x", /did you mean app\.UPSTREAM/),
    edits: [put("oracle:environment", "{app: {UPSTREAM: x}}"), put(SHARED, "[app.UPSTRAEM]")],
    kind: "unknown-key",
    key: `${SHARED}[0]`,
    fix: `set --path '${SHARED}[0]' app.UPSTREAM --stack staging`,
  },
];
