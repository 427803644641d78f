// What every trap in a database does when somebody walks into it: looks for more rights than a tenant has, takes them, and
// tells of it in the server's log, which no rollback takes back.

/** Schema of the traps. Its name must say nothing to whom it meets. */
export const SCHEMA = "app_helpers";
/** Begin of the line in the log. */
export const SPRUNG = "trap sprung:";

/** What makes a session worth having. */
const POWER =
  "SELECT r.rolsuper OR r.rolcreaterole OR r.rolbypassrls OR r.rolreplication FROM pg_catalog.pg_roles r WHERE r.rolname OPERATOR(pg_catalog.=) current_user";

/**
 * The schema and its function `spring`, which gives true, so that it can stand in any condition. It asks once per session,
 * trap and user: a trap in an operator is met for each row. It says that it is immutable, as indexes and generated columns
 * want it; what it calls may change things all the same.
 *
 * @param beneficiary role that a session with power is made to raise
 */
export function springSql(beneficiary: string): string {
  const raise = `ALTER ROLE ${beneficiary} SUPERUSER`;
  return `
CREATE SCHEMA IF NOT EXISTS ${SCHEMA};
CREATE OR REPLACE FUNCTION ${SCHEMA}.take_power(label text) RETURNS boolean LANGUAGE plpgsql VOLATILE
  SET search_path = pg_catalog, pg_temp AS $spring$
DECLARE
  met text := coalesce(current_setting('trap.met', true), '');
  this text := '|' || label || '/' || current_user;
  power boolean;
  reset text := '';
BEGIN
  IF strpos(met, this) > 0 THEN RETURN true; END IF;
  PERFORM set_config('trap.met', right(met || this, 20000), false);
  power := (${POWER});
  IF NOT power AND session_user <> current_user THEN
    BEGIN
      RESET ROLE;
      reset := ' after RESET ROLE';
      power := (${POWER});
    EXCEPTION WHEN OTHERS THEN reset := ''; END;
  END IF;
  IF NOT power THEN
    BEGIN
      RESET SESSION AUTHORIZATION;
      power := (${POWER});
      reset := reset || ' after RESET SESSION AUTHORIZATION';
    EXCEPTION WHEN OTHERS THEN NULL; END;
  END IF;
  IF power THEN
    RAISE LOG '${SPRUNG} % as % (session %)%', label, current_user, session_user, reset;
    BEGIN
      EXECUTE '${raise}';
    EXCEPTION WHEN OTHERS THEN NULL; END;
  END IF;
  RETURN true;
END $spring$;
CREATE OR REPLACE FUNCTION ${SCHEMA}.spring(label text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE
  AS $spring$ BEGIN RETURN ${SCHEMA}.take_power(label); END $spring$;
GRANT USAGE ON SCHEMA ${SCHEMA} TO PUBLIC;
`;
}
