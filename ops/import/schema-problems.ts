// Says what in a file hasn't the form that its tool gives it.
import type { z } from "zod";
import type { Path } from "../../infra/settings/issue.ts";
import { shownName } from "./compose/problem.ts";

/** Something that the tool doesn't allow. */
export interface SchemaProblem {
  path: Path;
  /** In words, with the name of the key and never with its value. */
  reason: string;
  /** The tool has no such key. */
  isUnknownKey?: boolean;
}

/** What is wrong with a file's content, its variables filled in. @param tool whose form it is */
export function schemaProblems(form: z.ZodType, tool: string, data: unknown): SchemaProblem[] {
  const { success, error } = form.safeParse(data);
  return success ? [] : error.issues.flatMap((issue) => problemsOf(issue, [], tool));
}

type Issue = z.core.$ZodIssue;

function problemsOf(issue: Issue, before: Path, tool: string): SchemaProblem[] {
  const path = [...before, ...(issue.path as Path)];
  const shown = (where: Path) => where.map((part) => shownName(String(part))).join(".");
  const at = path.length === 0 ? "" : `${shown(path)} `;
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => {
      const own = [...path, key];
      return { path: own, reason: `has ${shown(own)}, which ${tool} doesn't know`, isUnknownKey: true };
    });
  }
  if (issue.code === "invalid_union") {
    // Of several forms, the one that fits best: the one in which the problem lies deepest.
    const depth = (issues: readonly Issue[]) => Math.max(0, ...issues.map((one) => one.path.length));
    const best = issue.errors.toSorted((one, other) => depth(other) - depth(one))[0] ?? [];
    if (depth(best) > 0) return best.flatMap((one) => problemsOf(one, path, tool));
    const forms = [
      ...new Set(issue.errors.flat().flatMap((one) => ("expected" in one ? [one.expected] : []))),
    ];
    const wanted = forms.length === 0 ? "" : `: it must be ${forms.map(word).join(" or ")}`;
    return [{ path, reason: `has ${at}in a form that ${tool} doesn't know${wanted}` }];
  }
  if (issue.code === "invalid_type") {
    return [
      { path, reason: `has ${at}in a form that ${tool} doesn't know: it must be ${word(issue.expected)}` },
    ];
  }
  if (issue.code === "invalid_value") {
    return [{ path, reason: `has ${at}with a value that is none of ${issue.values.join(", ")}` }];
  }
  return [{ path, reason: `has ${at}in a form that ${tool} doesn't know` }];
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
