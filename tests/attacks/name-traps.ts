// Makes the traps that bear names: for each function, operator, type and relation that administrators' statements use, one
// of the same name that a session without a pinned search path takes for Postgres' own, or that matches better than it.
//
// Each does what the real one does, so that a command goes on and meets the next.
import { literal } from "../../provider/postgres/psql.ts";
import type { UsedNames } from "./names.ts";
import { SCHEMA } from "./trap-body.ts";

/** Types that catalogs and literals have, which no function of Postgres' own is made for in every combination. */
const TYPES = ["text", "name", "oid", "regclass", '"char"', "int4", "int8", "bool", "json"];
const FEW = ["text", "name", "oid", "regclass", "int4", "json"];
/** Functions that are given to every trap, and may not be trapped themselves. */
const NEVER = new Set(["set_config", "current_setting"]);

const array = (values: Iterable<string>) => {
  const list = [...values].map(literal).join(", ");
  return `ARRAY[${list}]::pg_catalog.text[]`;
};

/** Lists of argument types for a call with so many arguments. */
function signatures(count: number): string[][] {
  if (count === 0) return [];
  if (count === 1) return TYPES.map((type) => [type]);
  if (count === 2) return FEW.flatMap((one) => FEW.map((other) => [one, other]));
  const filled = TYPES.map((type) => Array.from({ length: count }, () => type));
  const pairs = TYPES.map((type) =>
    Array.from({ length: count }, (_, index) => (index % 2 === 0 ? "text" : type)),
  );
  const first = TYPES.map((type) =>
    Array.from({ length: count }, (_, index) => (index === 0 ? type : "text")),
  );
  return [...filled, ...pairs, ...first];
}

/** Runs `statement` of each row of `rows`; what Postgres refuses is no trap, and is counted as such. */
function each(rows: string): string {
  return `DO $make$ DECLARE made record; BEGIN
  FOR made IN ${rows} LOOP
    BEGIN EXECUTE made.statement; EXCEPTION WHEN OTHERS THEN NULL; END;
  END LOOP;
END $make$;`;
}

/** The very signatures of Postgres' own, for a schema that stands before pg_catalog in the search path. */
function sameFunctions(names: readonly string[]): string {
  const args = `(SELECT coalesce(string_agg(CASE WHEN provariadic <> 0 AND i = pronargs THEN 'VARIADIC ' ELSE '' END || '$' || i,
    ', ' ORDER BY i), '') FROM generate_series(1, pronargs) i)`;
  return each(`SELECT format('CREATE FUNCTION ${SCHEMA}.%I(%s) RETURNS %s LANGUAGE plpgsql %s AS %L', proname,
      pg_get_function_arguments(oid), pg_get_function_result(oid),
      CASE provolatile WHEN 'i' THEN 'IMMUTABLE' WHEN 's' THEN 'STABLE' ELSE '' END,
      format(CASE WHEN proretset THEN 'BEGIN PERFORM ${SCHEMA}.spring(%L); RETURN QUERY SELECT * FROM pg_catalog.%I(%s); END'
        WHEN prorettype = 'void'::regtype THEN 'BEGIN PERFORM ${SCHEMA}.spring(%L); PERFORM pg_catalog.%I(%s); END'
        ELSE 'BEGIN PERFORM ${SCHEMA}.spring(%L); RETURN pg_catalog.%I(%s); END' END,
        'function ' || oid::regprocedure, proname, ${args})) AS statement
    FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace AND prokind = 'f' AND proname = ANY (${array(names)})
      AND NOT 'internal'::regtype = ANY (proargtypes)`);
}

/** An aggregate that collects what it is given and asks Postgres' own in the end, for each row of `rows`: name, arg, result. */
function aggregate(schema: string, rows: string): string {
  return each(`SELECT format('CREATE FUNCTION ${SCHEMA}.%I(%s) RETURNS %s LANGUAGE plpgsql AS %L;
      CREATE AGGREGATE ${schema}.%I(%s) (SFUNC = ${SCHEMA}.array_step, STYPE = %s, FINALFUNC = ${SCHEMA}.%I, INITCOND = ''{}'')',
      final, arr, result, format('BEGIN PERFORM ${SCHEMA}.spring(%L); RETURN (SELECT pg_catalog.%I(x) FROM pg_catalog.unnest($1) x); END',
        format('aggregate %s(%s)', name, arg), name), name, arg, arr, final) AS statement
    FROM (SELECT *, name || '_final' AS final, CASE arg WHEN 'anyelement' THEN 'anyarray' ELSE arg || '[]' END AS arr FROM (${rows}) r) a`);
}

/** Aggregates of one argument, and count(*). */
function aggregates(names: readonly string[]): string {
  const own = `SELECT proname AS name, proargtypes[0]::regtype::text AS arg, pg_get_function_result(oid) AS result
    FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace AND prokind = 'a' AND pronargs = 1 AND proname = ANY (${array(names)})`;
  const better = `SELECT DISTINCT name, t AS arg, CASE result WHEN 'anyelement' THEN t ELSE result END AS result
    FROM (${own}) o, unnest(${array(TYPES)}) t WHERE o.arg ~ '^any' AND result !~ 'anyarray'`;
  return `CREATE FUNCTION ${SCHEMA}.array_step(anyarray, anyelement) RETURNS anyarray LANGUAGE sql AS
    'SELECT pg_catalog.array_append($1, $2)';
  CREATE FUNCTION ${SCHEMA}.count_step(bigint) RETURNS bigint LANGUAGE plpgsql AS
    'BEGIN PERFORM ${SCHEMA}.spring(''aggregate count(*)''); RETURN $1 OPERATOR(pg_catalog.+) 1; END';
  CREATE AGGREGATE ${SCHEMA}.count(*) (SFUNC = ${SCHEMA}.count_step, STYPE = bigint, INITCOND = '0');
  ${aggregate(SCHEMA, own)}
  ${aggregate("public", better)}`;
}

/** Signatures that Postgres doesn't have, which match a call better than its own: for `public`, which is always searched. */
function betterFunctions(calls: Iterable<string>, schema: string): string {
  const rows = [...calls].flatMap((call) => {
    const [name = "", count = "0"] = call.split("/");
    if (NEVER.has(name)) return [];
    return signatures(Number(count)).map(
      (types) => `(${literal(name)}, ${literal(types.join(", "))}, ${types.length})`,
    );
  });
  if (rows.length === 0) return "";
  return each(`SELECT format('CREATE FUNCTION ${schema}.%I(%s) RETURNS %s LANGUAGE plpgsql AS %L', n, types, result,
      format('BEGIN PERFORM ${SCHEMA}.spring(%L); BEGIN RETURN pg_catalog.%I(%s); EXCEPTION WHEN OTHERS THEN RETURN NULL; END; END',
        format('function %s(%s)', n, types), n, (SELECT string_agg('$' || i, ', ' ORDER BY i) FROM generate_series(1, count) i))) AS statement
    FROM (VALUES ${rows.join(", ")}) v(n, types, count), LATERAL (SELECT format_type(prorettype, NULL) AS result FROM pg_proc
      WHERE proname = n AND pronamespace = 'pg_catalog'::regnamespace AND NOT proretset AND NOT EXISTS (SELECT FROM pg_proc
        WHERE proname = n AND prokind = 'a') ORDER BY abs(pronargs - count), oid LIMIT 1) r
    WHERE to_regprocedure(format('pg_catalog.%I(%s)', n, types)) IS NULL`);
}

/** Operators with Postgres' own operands. */
function sameOperators(names: Iterable<string>): string {
  return each(`SELECT format('CREATE FUNCTION ${SCHEMA}.%I(%s) RETURNS %s LANGUAGE plpgsql IMMUTABLE AS %L;
      CREATE OPERATOR ${SCHEMA}.%s (%s, FUNCTION = ${SCHEMA}.%I)', 'op_' || oid,
      concat_ws(', ', CASE WHEN oprleft <> 0 THEN oprleft::regtype END, oprright::regtype), oprresult::regtype,
      format('BEGIN PERFORM ${SCHEMA}.spring(%L); RETURN %s; END', 'operator ' || oid::regoperator,
        CASE oprleft WHEN 0 THEN format('OPERATOR(pg_catalog.%s) $1', oprname)
          ELSE format('$1 OPERATOR(pg_catalog.%s) $2', oprname) END), oprname,
      concat_ws(', ', CASE WHEN oprleft <> 0 THEN 'LEFTARG = ' || oprleft::regtype END, 'RIGHTARG = ' || oprright::regtype),
      'op_' || oid) AS statement
    FROM pg_operator WHERE oprnamespace = 'pg_catalog'::regnamespace AND oprname = ANY (${array(names)})`);
}

/** Operators between types for which Postgres has none and converts one side. */
function betterOperators(names: Iterable<string>, schema: string): string {
  const types = array(TYPES);
  return each(`SELECT format('CREATE FUNCTION ${SCHEMA}.%I(%s, %s) RETURNS %s LANGUAGE plpgsql IMMUTABLE AS %L;
      CREATE OPERATOR ${schema}.%s (LEFTARG = %s, RIGHTARG = %s, FUNCTION = ${SCHEMA}.%I)', fn, l, r, result,
      format('BEGIN PERFORM ${SCHEMA}.spring(%L); RETURN $1::pg_catalog.text OPERATOR(pg_catalog.%s) $2::pg_catalog.text; END',
        format('operator %s(%s,%s)', op, l, r), op), op, l, r, fn) AS statement
    FROM unnest(${array(names)}) op, unnest(${types}) l, unnest(${types}) r,
      LATERAL (SELECT 'better_' || md5(op || l || r) AS fn, (SELECT format_type(oprresult, NULL) FROM pg_operator
        WHERE oprname = op AND oprnamespace = 'pg_catalog'::regnamespace AND oprleft = 'text'::regtype AND oprright = 'text'::regtype) AS result) f
    WHERE result IS NOT NULL AND to_regoperator(format('pg_catalog.%s(%s,%s)', op, l, r)) IS NULL`);
}

/** Domains with the names of types, and views with those of catalogs: both are found by name alone. */
function typesAndRelations({ types, relations }: UsedNames): string {
  return [
    each(`SELECT format('CREATE DOMAIN ${SCHEMA}.%I AS pg_catalog.%I CHECK (${SCHEMA}.spring(%L))', typname, typname,
        'type ' || typname) AS statement
      FROM pg_type WHERE typnamespace = 'pg_catalog'::regnamespace AND typname = ANY (${array(types)})`),
    each(`SELECT format('CREATE VIEW ${SCHEMA}.%I AS SELECT * FROM pg_catalog.%I WHERE ${SCHEMA}.spring(%L);
        GRANT SELECT ON ${SCHEMA}.%I TO PUBLIC', relname, relname, 'relation ' || relname, relname) AS statement
      FROM pg_class c WHERE relnamespace = 'pg_catalog'::regnamespace AND relkind IN ('r', 'v') AND relname = ANY (${array(relations)})
        AND has_table_privilege(c.oid, 'SELECT')`),
  ].join("\n");
}

/** Every trap for the names, as statements for the owner of a database; `springSql` comes before. */
export function nameTraps(used: UsedNames): Record<string, string> {
  const names = [...new Set([...used.functions].map((call) => call.split("/")[0] ?? ""))];
  const functions = names.filter((name) => !NEVER.has(name));
  return {
    "functions with the signatures of Postgres' own": sameFunctions(functions),
    aggregates: aggregates(functions),
    "functions that match better": `${betterFunctions(used.functions, "public")}\n${betterFunctions(used.functions, SCHEMA)}`,
    "operators with the operands of Postgres' own": sameOperators(used.operators),
    "operators that match better": betterOperators(used.operators, "public"),
    "domains and views with the names of types and catalogs": typesAndRelations(used),
  };
}
