// The attributes of a role in SQL: those of CREATE ROLE and ALTER ROLE, and the settings that a login starts with.
import type { Properties } from "../../../plugin/values.ts";
import { ident, literal } from "../../../provider/postgres/sql.ts";
import { type Changed, list, str } from "./resource.ts";

/** Boolean properties with their keyword; the negative one is the same with NO before it. */
export const FLAGS: Readonly<Record<string, string>> = {
  superuser: "SUPERUSER",
  createDatabase: "CREATEDB",
  createRole: "CREATEROLE",
  inherit: "INHERIT",
  login: "LOGIN",
  replication: "REPLICATION",
  bypassRowLevelSecurity: "BYPASSRLS",
};

/** The options of CREATE ROLE or ALTER ROLE for those properties that changed, without the password. */
export function attributeOptions(properties: Properties, changed: Changed): string[] {
  const flags = Object.entries(FLAGS).flatMap(([key, keyword]) =>
    changed(key) ? [properties[key] === true ? keyword : `NO${keyword}`] : [],
  );
  return [
    ...flags,
    ...(changed("connectionLimit") ? [`CONNECTION LIMIT ${Number(properties.connectionLimit ?? -1)}`] : []),
    ...(changed("validUntil") ? [`VALID UNTIL ${literal(str(properties.validUntil) || "infinity")}`] : []),
  ];
}

/** Statements that give the role the session settings that changed. */
export function settingStatements(properties: Properties, changed: Changed): string[] {
  const role = ident(str(properties.name));
  const statement = (setting: string, value: string) =>
    value === "" ? `ALTER ROLE ${role} RESET ${setting}` : `ALTER ROLE ${role} SET ${setting} TO ${value}`;
  const number = (key: string) => (Number(properties[key] ?? 0) === 0 ? "" : String(Number(properties[key])));
  const all: [key: string, setting: string, value: string][] = [
    ["searchPaths", "search_path", list(properties.searchPaths).map(ident).join(", ")],
    ["statementTimeout", "statement_timeout", number("statementTimeout")],
    [
      "idleInTransactionSessionTimeout",
      "idle_in_transaction_session_timeout",
      number("idleInTransactionSessionTimeout"),
    ],
    ["assumeRole", "role", str(properties.assumeRole) && ident(str(properties.assumeRole))],
  ];
  return all.flatMap(([key, setting, value]) => (changed(key) ? [statement(setting, value)] : []));
}

/** Reads the session settings of a role from `rolconfig`, whose entries are `name=value`. */
export function readSettings(config: readonly string[]): Properties {
  const settings = new Map(
    config.map((entry): [string, string] => {
      const equals = entry.indexOf("=");
      return [entry.slice(0, equals), entry.slice(equals + 1)];
    }),
  );
  return {
    searchPaths: splitPath(settings.get("search_path") ?? ""),
    statementTimeout: milliseconds(settings.get("statement_timeout")),
    idleInTransactionSessionTimeout: milliseconds(settings.get("idle_in_transaction_session_timeout")),
    assumeRole: settings.get("role") ?? "",
  };
}

/** Splits a list of names as SQL writes it: commas between them, quotes where needed. */
function splitPath(path: string): string[] {
  return [...path.matchAll(/"((?:[^"]|"")*)"|([^\s,"]+)/g)].map(
    ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? "",
  );
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, min: 60_000, h: 3_600_000, d: 86_400_000 };

/** A hand-made setting may have a unit; without one it is milliseconds. */
function milliseconds(value: string | undefined): number {
  const [, number, unit] = /^(\d+)\s*(ms|s|min|h|d)?$/.exec(value ?? "") ?? [];
  return Number(number ?? 0) * (UNITS[unit ?? "ms"] ?? 1);
}
