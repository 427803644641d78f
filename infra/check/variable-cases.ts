// For tests of the check: variables in a stack file that are wrong in one way each.
import { cipher, salt } from "./cases.ts";
import { bad, type Case, put } from "./testing.ts";

const EDIT = /^\$EDITOR \+\d+ Pulumi\.staging\.yaml$/;
const rmInside = (path: string) => `pulumi config rm --path oracle:${path} --stack staging`;
const encrypt = (name: string) =>
  `pulumi config set --secret --path oracle:secrets.app.${name} --stack staging`;
const moved = (name: string) => `${rmInside(`environment.app.${name}`)} && ${encrypt(name)}`;

/** Variables that a stack gives its services. */
export const variableCases: Case[] = [
  bad(
    "a variable of a service that there isn't",
    'environment: {ap: {A: "1"}}',
    "unknown-role",
    /no service of this system; did you mean app\?/,
    rmInside("environment.ap"),
    ".ap",
  ),
  bad(
    "a secret variable of a server",
    `secrets: {postgres: {A: ${cipher}}}`,
    "unknown-role",
    /it has app/,
    rmInside("secrets.postgres"),
    ".postgres",
  ),
  bad("variables without a role", "environment: on", "wrong-type", /map of roles/, /^pulumi config rm/),
  bad(
    "a list of variables",
    "environment: {app: [A=1]}",
    "wrong-type",
    /map of variables/,
    rmInside("environment.app"),
    ".app",
  ),
  bad(
    "a name that is none",
    'environment: {app: {"1 A": x}}',
    "invalid-name",
    /no name of a variable/,
    `pulumi config rm --path 'oracle:environment.app["1 A"]' --stack staging`,
    '.app["1 A"]',
  ),
  bad(
    "a variable without a value",
    "environment: {app: {A: }}",
    "empty",
    /no value/,
    rmInside("environment.app.A"),
    ".app.A",
  ),
  bad("a map for a variable", "environment: {app: {A: {b: c}}}", "wrong-type", /a map/, /^pulumi/, ".app.A"),
  bad("a fraction without quotes", "environment: {app: {A: 1.10}}", "notation", /in quotes/, EDIT, ".app.A"),
  bad(
    "a number that is too large to keep its digits",
    "environment: {app: {A: 12345678901234567890}}",
    "notation",
    /in quotes/,
    EDIT,
    ".app.A",
  ),
  bad(
    "a variable that is read as a date",
    "environment: {app: {A: 2026-01-01}}",
    "notation",
    /date/,
    "pulumi config set --path oracle:environment.app.A 2026-01-01 --stack staging",
    ".app.A",
  ),
  bad(
    "a credential in a plain variable",
    'environment: {app: {URL: "postgres://app:hunter2@db/shop"}}',
    "plain-credential",
    /a URL with a password.*under secrets/,
    moved("URL"),
    ".app.URL",
  ),
  bad(
    "a secret variable in plain text",
    "secrets: {app: {A: hunter2}}",
    "plain-secret",
    /plain text/,
    encrypt("A"),
    ".app.A",
  ),
  bad(
    "a secret variable that only claims to be encrypted",
    "secrets: {app: {A: {secure: hunter2}}}",
    "broken-secret",
    /no encrypted value/,
    encrypt("A"),
    ".app.A",
  ),
  [
    "an encrypted variable among the plain ones",
    [put("oracle:environment", `{app: {A: ${cipher}}}`), salt],
    "needless-secret",
    "oracle:environment.app.A",
    /under secrets/,
    moved("A"),
  ],
  [
    "secret variables that are encrypted as one",
    [put("oracle:secrets", `{app: ${cipher}}`), salt],
    "wrong-type",
    "oracle:secrets.app",
    /each variable by itself/,
    rmInside("secrets.app"),
  ],
  [
    "a variable that is plain and secret",
    [put("oracle:environment", "{app: {A: x}}"), put("oracle:secrets", `{app: {A: ${cipher}}}`), salt],
    "duplicate-key",
    "oracle:environment.app.A",
    /under secrets as well/,
    rmInside("environment.app.A"),
  ],
];
