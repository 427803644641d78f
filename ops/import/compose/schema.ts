// Holds a compose file against the specification's own schema: compose-spec.json, from github.com/compose-spec/compose-spec
// at 170098ba, under the Apache License 2.0 (Copyright 2020 The Compose Specification Authors), but for its white space.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { Path } from "../../../infra/settings/issue.ts";
import { packageRoot } from "../../../setup/paths.ts";
import { shownName } from "./problem.ts";

/** Something that the specification doesn't allow. */
export interface SchemaProblem {
  path: Path;
  /** In words, with the name of the key and never with its value. */
  reason: string;
}

let schema: z.ZodType | undefined;

/** The schema; made when it is needed, which takes a tenth of a second. */
function composeSchema(): z.ZodType {
  const text = readFileSync(join(packageRoot, "ops/import/compose/compose-spec.json"), "utf8");
  // The reader knows definitions by their newer name.
  const renamed = text.replaceAll("#/definitions/", "#/$defs/").replace('"definitions":', '"$defs":');
  schema ??= z.fromJSONSchema(JSON.parse(renamed));
  return schema;
}

/** What is wrong with a file's content, its variables filled in. */
export function schemaProblems(data: unknown): SchemaProblem[] {
  const { success, error } = composeSchema().safeParse(data);
  return success ? [] : error.issues.flatMap((issue) => problemsOf(issue, []));
}

type Issue = z.core.$ZodIssue;

function problemsOf(issue: Issue, before: Path): SchemaProblem[] {
  const path = [...before, ...(issue.path as Path)];
  const shown = (where: Path) => where.map((part) => shownName(String(part))).join(".");
  const at = path.length === 0 ? "" : `${shown(path)} `;
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => {
      const own = [...path, key];
      return { path: own, reason: `has ${shown(own)}, which compose doesn't know` };
    });
  }
  if (issue.code === "invalid_union") {
    // Of several forms, the one that fits best: the one in which the problem lies deepest.
    const depth = (issues: readonly Issue[]) => Math.max(0, ...issues.map((one) => one.path.length));
    const best = issue.errors.toSorted((one, other) => depth(other) - depth(one))[0] ?? [];
    if (depth(best) > 0) return best.flatMap((one) => problemsOf(one, path));
    const forms = [
      ...new Set(issue.errors.flat().flatMap((one) => ("expected" in one ? [one.expected] : []))),
    ];
    const wanted = forms.length === 0 ? "" : `: it must be ${forms.map(word).join(" or ")}`;
    return [{ path, reason: `has ${at}in a form that compose doesn't know${wanted}` }];
  }
  if (issue.code === "invalid_type") {
    return [
      { path, reason: `has ${at}in a form that compose doesn't know: it must be ${word(issue.expected)}` },
    ];
  }
  if (issue.code === "invalid_value") {
    return [{ path, reason: `has ${at}with a value that is none of ${issue.values.join(", ")}` }];
  }
  return [{ path, reason: `has ${at}in a form that compose doesn't know` }];
}

function word(expected: unknown): string {
  const words: Readonly<Record<string, string>> = {
    record: "a map",
    object: "a map",
    array: "a list",
    string: "text",
    number: "a number",
    int: "a whole number",
    boolean: "true or false",
  };
  return words[String(expected)] ?? String(expected);
}
