// Traps that the owner of a database lays for whoever looks at it with more rights: in the place of every catalog table,
// function and operator, by the database's own search path, something that makes its owner a superuser.

/** Schema of the traps. */
const SCHEMA = "trap";

/**
 * Statements that lay the traps, to be run by the owner in its database. Whatever can't be made is left out.
 *
 * @param functions names of the catalog's functions to take the place of
 */
export function trapStatements(owner: string, database: string, functions: readonly string[]): string {
  const names = functions.map((name) => `'${name}'`).join(", ");
  return `
    CREATE SCHEMA ${SCHEMA};
    GRANT USAGE ON SCHEMA ${SCHEMA} TO PUBLIC;
    CREATE FUNCTION ${SCHEMA}.spring() RETURNS bool LANGUAGE plpgsql AS $spring$
      BEGIN
        IF pg_catalog.current_setting('is_superuser') OPERATOR(pg_catalog.=) 'on' THEN
          ALTER ROLE ${owner} SUPERUSER;
        END IF;
        RETURN true;
      END $spring$;
    DO $lay$
      DECLARE it record;
      BEGIN
        FOR it IN SELECT relname FROM pg_class WHERE relnamespace = 'pg_catalog'::regnamespace AND relkind IN ('r', 'v') LOOP
          BEGIN
            EXECUTE format('CREATE VIEW ${SCHEMA}.%1$I AS SELECT * FROM pg_catalog.%1$I WHERE ${SCHEMA}.spring()', it.relname);
            EXECUTE format('GRANT SELECT ON ${SCHEMA}.%I TO PUBLIC', it.relname);
          EXCEPTION WHEN OTHERS THEN NULL;
          END;
        END LOOP;
        FOR it IN SELECT proname, pronargs, pg_get_function_identity_arguments(oid) AS arguments, pg_get_function_result(oid) AS result
                    FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace AND prokind = 'f' AND proname IN (${names}) LOOP
          BEGIN
            EXECUTE format('CREATE FUNCTION ${SCHEMA}.%I(%s) RETURNS %s LANGUAGE plpgsql AS %L', it.proname, it.arguments, it.result,
              format('BEGIN PERFORM ${SCHEMA}.spring(); %s pg_catalog.%I(%s); END',
                     CASE WHEN it.result LIKE 'SETOF %' OR it.result LIKE 'TABLE%' THEN 'RETURN QUERY SELECT * FROM' ELSE 'RETURN' END, it.proname,
                     (SELECT coalesce(string_agg('$' || n, ', '), '') FROM generate_series(1, it.pronargs) n)));
          EXCEPTION WHEN OTHERS THEN NULL;
          END;
        END LOOP;
        FOR it IN SELECT oprname, oprleft::regtype::text AS l, oprright::regtype::text AS r, oprcode::regproc::text AS f, oprresult::regtype::text AS result
                    FROM pg_operator WHERE oprkind = 'b' AND oprname IN ('=', '<>', '||', '~~', '>', '<')
                     AND oprleft IN ('name'::regtype, 'text'::regtype, 'oid'::regtype, '"char"'::regtype, 'int4'::regtype, 'int2'::regtype) LOOP
          BEGIN
            EXECUTE format('CREATE FUNCTION ${SCHEMA}.%I(%s, %s) RETURNS %s LANGUAGE plpgsql AS %L', 'op_' || it.f, it.l, it.r, it.result,
              format('BEGIN PERFORM ${SCHEMA}.spring(); RETURN $1 OPERATOR(pg_catalog.%s) $2; END', it.oprname));
            EXECUTE format('CREATE OPERATOR ${SCHEMA}.%s (FUNCTION = ${SCHEMA}.%I, LEFTARG = %s, RIGHTARG = %s)', it.oprname, 'op_' || it.f, it.l, it.r);
          EXCEPTION WHEN OTHERS THEN NULL;
          END;
        END LOOP;
      END $lay$;
    ALTER DATABASE ${database} SET search_path = ${SCHEMA}, pg_catalog, public;
    ALTER DATABASE ${database} SET standard_conforming_strings = off;
  `;
}

/** Counts the traps that are laid, by kind. */
export const COUNT_TRAPS = `
  SELECT (SELECT count(*)::int FROM pg_catalog.pg_class WHERE relnamespace = '${SCHEMA}'::regnamespace AND relkind = 'v') AS relations,
         (SELECT count(*)::int FROM pg_catalog.pg_proc WHERE pronamespace = '${SCHEMA}'::regnamespace AND proname !~ '^op_') AS functions,
         (SELECT count(*)::int FROM pg_catalog.pg_operator WHERE oprnamespace = '${SCHEMA}'::regnamespace) AS operators`;
