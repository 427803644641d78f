// What must be true after every attack: nobody has more rights, no canary was read or written, no output is a terminal's order.
import { readdirSync } from "node:fs";
import { exec, inspect } from "../../provider/docker/containers.ts";
import { docker } from "../support/docker.ts";
import type { Outcome } from "../support/project.ts";
import { ask } from "../support/requests.ts";
import { prefixOf } from "./redis-login.ts";
import type { Site } from "./site.ts";

/** Rights that a tenant's login could gain, and memberships in what the server or another environment owns. */
const POWERS = `SELECT format('%s is %s', rolname, what) FROM pg_roles, LATERAL (VALUES ('superuser', rolsuper),
    ('createrole', rolcreaterole), ('createdb', rolcreatedb), ('replication', rolreplication), ('bypassrls', rolbypassrls)) v(what, has)
  WHERE has ORDER BY 1;
SELECT format('%s is a member of %s', m.rolname, g.rolname) FROM pg_auth_members a JOIN pg_roles m ON m.oid = a.member
  JOIN pg_roles g ON g.oid = a.roleid WHERE g.rolname ~ '^pg_' AND m.rolname !~ '^pg_' ORDER BY 1;`;

/** Whether the environment's Postgres server runs: `down` removes one that is the environment's own. */
async function runs(site: Site): Promise<boolean> {
  return (await inspect(docker, site.server))?.State.Running === true;
}

/** Whether its server has the environment's database: on a shared one it goes with the environment's data. */
async function has(site: Site): Promise<boolean> {
  return (await site.sql(`SELECT datname FROM pg_database WHERE datname = '${site.database}';`)) !== "";
}

/** Who may do what on the environment's Postgres server. */
export async function powers(site: Site): Promise<string[]> {
  if (!(await runs(site))) return [];
  return (await site.sql(POWERS)).split("\n");
}

/** Puts canaries where nothing of this environment may come: rows and keys of the other one. */
export async function plantCanaries(site: Site): Promise<void> {
  const { other, token } = site;
  const [port, host] = other.address;
  const { status } = await ask(port, host, "/api/notes", { text: `Canary ${token} sings` });
  if (status !== 201) throw new Error(`no canary in ${other.stack}: ${status}`);
  const redis = await other.redis();
  await redis.call("SET", `${prefixOf(other)}${token}`, `value of ${token}`);
  redis.disconnect();
}

/** What became of the canaries, one sentence each; empty where all is well. */
export async function canaryProblems(site: Site): Promise<string[]> {
  const { other, token } = site;
  const problems: string[] = [];
  const notes = await other.sql(
    `SELECT text FROM public.notes WHERE text LIKE '%${token}%';`,
    other.database,
  );
  if (notes !== `Canary ${token} sings`) problems.push(`the row of ${other.stack} is now: ${notes}`);
  const redis = await other.redis();
  const value = await redis.call("GET", `${prefixOf(other)}${token}`).catch(String);
  redis.disconnect();
  if (value !== `value of ${token}`) problems.push(`the key of ${other.stack} is now: ${value}`);
  if ((await runs(site)) && (await has(site))) {
    const mine = `SELECT count(*) FROM public.notes WHERE text LIKE '%${token} sings%';`;
    const copied = await site.sql(mine, site.database);
    if (copied !== "0") problems.push(`the row of ${other.stack} is in ${site.stack}: ${copied}`);
  }
  if (readdirSync("/tmp").some((name) => name.startsWith(site.token)))
    problems.push(`${site.file} was made on this machine`);
  for (const { server } of (await runs(site)) ? [site, other] : [other]) {
    // A comma that parts a search path's entries may have become part of the name.
    const find = ["find", "/tmp", "-name", `${site.token}*`, "-print", "-delete"];
    const { output } = await exec(docker, server, find);
    if (output.includes(site.token)) problems.push(`${site.file} was made in ${server}`);
  }
  return problems;
}

/** Characters by which a terminal does something else than show them. */
function isControl(code: number): boolean {
  return (code < 32 && code !== 9 && code !== 10) || (code >= 127 && code < 160);
}

/** Colours of an application's own log lines, which `logs` leaves as they are. */
const COLOURS = new RegExp(`${String.fromCharCode(27)}\\[[\\d;]*m`, "g");

/** The end of what a command printed, for an assertion's message. */
export function endOf({ output }: Outcome): string {
  return output.slice(-3000).replace(COLOURS, "");
}

/**
 * What is wrong with how a command ended, whatever it was asked; empty where nothing is.
 *
 * @param colours the command shows an application's own lines, with their colours
 */
export function outcomeProblems(
  { exitCode, output: printed, seconds }: Outcome,
  secrets: readonly string[],
  colours = false,
): string[] {
  const problems: string[] = [];
  const output = colours ? printed.replace(COLOURS, "") : printed;
  // `timeout` ends what hangs, with one of these.
  if (exitCode === 124 || exitCode === 137) problems.push(`hung: ended after ${Math.round(seconds)} s`);
  const control = [...output].find((character) => isControl(character.charCodeAt(0)));
  if (control !== undefined) {
    const at = output.indexOf(control);
    problems.push(
      `control character ${control.charCodeAt(0)} in: ${JSON.stringify(output.slice(Math.max(0, at - 60), at + 40))}`,
    );
  }
  if (/\n\s+at .*(file:\/\/|node:internal|\.ts:\d+)/.test(output)) problems.push("a stack trace");
  // As printed it would take everybody's right to read Postgres' own catalogs.
  if (/ ON "?pg_\w+"? FROM PUBLIC/.test(output)) problems.push("a statement against Postgres' own catalogs");
  for (const secret of secrets) if (output.includes(secret)) problems.push("a secret in the output");
  return problems;
}
