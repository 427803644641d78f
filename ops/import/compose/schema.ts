// Says what in a compose file hasn't the form that the specification gives it.
import type { z } from "zod";
import type { Path } from "../../../infra/settings/issue.ts";
import { composeFile } from "./form.ts";
import { shownName } from "./problem.ts";

/** Something that the specification doesn't allow. */
export interface SchemaProblem {
  path: Path;
  /** In words, with the name of the key and never with its value. */
  reason: string;
}

/** What is wrong with a file's content, its variables filled in. */
export function schemaProblems(data: unknown): SchemaProblem[] {
  const { success, error } = composeFile.safeParse(data);
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
