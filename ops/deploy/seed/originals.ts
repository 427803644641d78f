// The SQL that notes what must not be in a masked copy.
import type { SeedDefinition } from "../../../infra/settings/seed.ts";
import { identifier } from "../../../provider/postgres/psql.ts";
import { type Column, qualified } from "./columns.ts";
import { emptiedColumns, maskedColumns } from "./masks.ts";
import { SHORTEST_LOOKED_FOR } from "./search.ts";

/** Types whose text never holds bytes as hexadecimal digits; of any other it isn't known. */
const NO_BYTES =
  /^(smallint|integer|bigint|numeric|real|double precision|boolean|character|text|uuid|date|time|interval|json|inet|cidr|tsvector|\S*\.vector)/;

/** A collation that knows more letters than ASCII's, where the server has one. */
const FOLD = `SELECT coalesce((SELECT c.collname FROM pg_collation c WHERE c.collnamespace = 'pg_catalog'::regnamespace
    AND c.collname IN ('und-x-icu', 'pg_c_utf8', 'C.utf8') ORDER BY c.collname DESC LIMIT 1), 'C') AS fold \\gset`;

/** A text in the form that JSON may give it: "\\u00e9" for what isn't ASCII, as two halves beyond 16 bits. */
const ESCAPED = `(SELECT string_agg(CASE WHEN n < 128 THEN chr(n)
    WHEN n < 65536 THEN '\\u' || lpad(to_hex(n), 4, '0')
    ELSE '\\u' || to_hex(55296 + ((n - 65536) >> 10)) || '\\u' || to_hex(56320 + ((n - 65536) & 1023)) END, '' ORDER BY at)
  FROM (SELECT ascii(c) AS n, at FROM regexp_split_to_table(v, '') WITH ORDINALITY AS s (c, at)) AS letters)`;

/** What of a column is looked for, each an expression and what has to be joined for it. */
function values({ column, type }: Column): [value: string, join: string][] {
  const name = `t.${identifier(column)}`;
  const whole: [string, string] = [`${name}::text`, ""];
  if (type === "jsonb") {
    const strings = `jsonb_path_query(${name}, 'strict $.** ? (@.type() == "string")')`;
    return [whole, ["leaf #>> '{}'", `, LATERAL ${strings} AS leaf`]];
  }
  if (type.endsWith("[]")) return [whole, ["item::text", `, LATERAL unnest(${name}) AS item`]];
  // As text where it is one.
  if (type === "bytea") return [whole, [`encode(${name}, 'escape')`, ""]];
  return [whole];
}

/** The other forms in which a value may stand elsewhere; what differs in case, quotes or backslashes only is the search's. */
function forms(hexadecimal: boolean): string {
  const letters = [`lower(v COLLATE :"fold")`, `upper(v COLLATE :"fold")`, ESCAPED];
  return [
    "SELECT v",
    ...letters.map((form) => `SELECT ${form} WHERE octet_length(v) > length(v)`),
    ...(hexadecimal ? ["SELECT encode(convert_to(v, 'UTF8'), 'hex')"] : []),
  ].join(" UNION ALL ");
}

/**
 * A psql script that writes every value to be masked into a file on the server, a line each, in the form in which a
 * plain dump has it. It needs no rights but to read the tables.
 *
 * @param file path in the container
 */
export function originals(definition: SeedDefinition, columns: readonly Column[], file: string): string {
  const masked = maskedColumns(definition, columns);
  const hidden = [...masked.map(([column]) => column), ...emptiedColumns(definition, columns)];
  const shown = columns.filter(
    (column) =>
      !hidden.includes(column) || masked.some(([one, mask]) => one === column && typeof mask !== "string"),
  );
  const form = forms(shown.some(({ type }) => !NO_BYTES.test(type)));
  const queries = hidden.flatMap((column) =>
    values(column).map(
      ([value, join]) =>
        `COPY (SELECT f.v FROM (SELECT DISTINCT ${value} AS v FROM ${qualified(column)} AS t${join}) AS d,
  LATERAL (${form}) AS f (v) WHERE length(d.v) >= ${SHORTEST_LOOKED_FOR}) TO STDOUT;`,
    ),
  );
  return [FOLD, `\\o ${file}`, ...queries, "\\o"].join("\n");
}
