// The rules for ALTER TABLE: what rewrites a table, reads all of it under a lock, or takes a column away.
import type { AlterTableCmd, ColumnDef, Constraint, Node } from "libpg-query";
import { type Risk, squawk } from "./sql-risks.ts";

/** Functions whose value is the same for all rows of a statement: a default with one of them rewrites nothing. */
const STABLE = new Set(["now", "transaction_timestamp", "statement_timestamp", "current_setting"]);
const SERIAL = /^(small|big)?serial[248]?$/;

/** What one command of an ALTER TABLE on a table with rows does. */
export function alterTableRisks({ subtype, name, def }: AlterTableCmd): Risk[] {
  switch (subtype) {
    case "AT_DropColumn":
      return [
        risk(
          "drop-column",
          "destroys",
          `the column ${name ?? ""} and its values are gone`,
          "ban-drop-column",
        ),
      ];
    case "AT_AlterColumnType":
      return [
        risk(
          "change-type",
          "locks",
          "most changes of a type write the whole table anew, and everything on it waits: add a column and move over",
          "changing-column-type",
        ),
      ];
    case "AT_SetNotNull":
      return [
        risk(
          "set-not-null",
          "locks",
          "reads the whole table while everything waits: add CHECK (… IS NOT NULL) NOT VALID first, validate it, then set it",
          "adding-not-nullable-field",
        ),
      ];
    case "AT_AddColumn":
      return def !== undefined && "ColumnDef" in def ? addColumnRisks(def.ColumnDef) : [];
    case "AT_AddConstraint":
      return def !== undefined && "Constraint" in def ? constraintRisks(def.Constraint) : [];
    case "AT_SetLogged":
    case "AT_SetUnLogged":
    case "AT_SetTableSpace":
    case "AT_SetAccessMethod":
      return [
        {
          rule: "rewrite-table",
          kind: "locks",
          reason: "writes the whole table anew, and everything on it waits",
          source: "https://www.postgresql.org/docs/current/sql-altertable.html",
        },
      ];
    default:
      return [];
  }
}

function risk(rule: string, kind: Risk["kind"], reason: string, page: string): Risk {
  return { rule, kind, reason, source: squawk(page) };
}

function addColumnRisks(column: ColumnDef): Risk[] {
  const constraints = (column.constraints ?? []).flatMap((one) =>
    "Constraint" in one ? [one.Constraint] : [],
  );
  const has = (type: Constraint["contype"]) => constraints.find(({ contype }) => contype === type);
  const found: Risk[] = [];
  const given = has("CONSTR_DEFAULT");
  const filled =
    given !== undefined ||
    has("CONSTR_IDENTITY") !== undefined ||
    has("CONSTR_GENERATED") !== undefined ||
    isSerial(column);
  if (has("CONSTR_NOTNULL") !== undefined && !filled) {
    found.push(
      risk(
        "not-null-without-default",
        "breaks",
        "fails on a table with rows, and the version that still serves doesn't fill it: give it a default, or add it nullable",
        "adding-required-field",
      ),
    );
  }
  if (
    isSerial(column) ||
    has("CONSTR_IDENTITY") !== undefined ||
    (has("CONSTR_GENERATED")?.generated_when === "a" && !has("CONSTR_IDENTITY"))
  ) {
    found.push(
      risk(
        "computed-column",
        "locks",
        "writes every row, and everything on the table waits",
        "adding-serial-primary-key-field",
      ),
    );
  } else if (given?.raw_expr !== undefined && isVolatile(given.raw_expr)) {
    found.push(
      risk(
        "volatile-default",
        "locks",
        "a default that differs from row to row writes the whole table anew: add the column first, fill it in batches",
        "adding-field-with-default",
      ),
    );
  }
  return [...found, ...constraints.flatMap(columnConstraintRisks)];
}

/** A constraint that stands with a new column: its index is built, its reference checked, at once. */
function columnConstraintRisks(constraint: Constraint): Risk[] {
  return ["CONSTR_PRIMARY", "CONSTR_UNIQUE"].includes(constraint.contype ?? "")
    ? constraintRisks(constraint)
    : [];
}

function isSerial({ typeName }: ColumnDef): boolean {
  const last = typeName?.names?.at(-1);
  return last !== undefined && "String" in last && SERIAL.test(last.String.sval ?? "");
}

/** A call of a function that isn't known to give one value for the whole statement. */
function isVolatile(node: Node): boolean {
  if ("FuncCall" in node) {
    const last = node.FuncCall.funcname?.at(-1);
    const called = last !== undefined && "String" in last ? (last.String.sval ?? "") : "";
    return !STABLE.has(called) || (node.FuncCall.args ?? []).some(isVolatile);
  }
  if ("TypeCast" in node) return node.TypeCast.arg !== undefined && isVolatile(node.TypeCast.arg);
  if ("A_Expr" in node)
    return [node.A_Expr.lexpr, node.A_Expr.rexpr].some((side) => side !== undefined && isVolatile(side));
  return false;
}

function constraintRisks(constraint: Constraint): Risk[] {
  const late = constraint.skip_validation === true || constraint.indexname !== undefined;
  if (late) return [];
  switch (constraint.contype) {
    case "CONSTR_FOREIGN":
      return [
        risk(
          "foreign-key",
          "locks",
          "writes to both tables wait while every row is checked: add it NOT VALID, validate it afterwards",
          "adding-foreign-key-constraint",
        ),
      ];
    case "CONSTR_CHECK":
      return [
        risk(
          "check-constraint",
          "locks",
          "everything waits while every row is checked: add it NOT VALID, validate it afterwards",
          "constraint-missing-not-valid",
        ),
      ];
    case "CONSTR_UNIQUE":
    case "CONSTR_PRIMARY":
    case "CONSTR_EXCLUSION":
      return [
        risk(
          "index-by-constraint",
          "locks",
          "everything waits while its index is built: build a unique index CONCURRENTLY, then add the constraint USING INDEX",
          "disallowed-unique-constraint",
        ),
      ];
    default:
      return [];
  }
}
