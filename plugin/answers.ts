// Puts the results of checks and diffs into the messages that the engine expects.
import providerPb from "@pulumi/pulumi/proto/provider_pb.js";
import type { CheckFailure, DiffResult, PropertyChange } from "./handler.ts";
import type { Decoded } from "./values.ts";

const KIND = providerPb.PropertyDiff.Kind;
const KINDS: Readonly<Record<PropertyChange, providerPb.PropertyDiff.Kind>> = {
  add: KIND.ADD,
  "add-replace": KIND.ADD_REPLACE,
  delete: KIND.DELETE,
  "delete-replace": KIND.DELETE_REPLACE,
  update: KIND.UPDATE,
  "update-replace": KIND.UPDATE_REPLACE,
};

/**
 * Answer to a check. The engine prints the value of a failed property, so a failure of a secret one is put down
 * to the resource as a whole, with the property's name in the text.
 */
export function checkResponse(
  failures: readonly CheckFailure[],
  secrets: ReadonlySet<string>,
): providerPb.CheckResponse {
  const response = new providerPb.CheckResponse();
  response.setFailuresList(
    failures.map(({ property, reason }) => {
      const failure = new providerPb.CheckFailure();
      const hide = secrets.has(rootOf(property));
      failure.setProperty(hide ? "" : property);
      failure.setReason(hide ? `property ${property}: ${reason}` : reason);
      return failure;
    }),
  );
  return response;
}

/**
 * Answer to a diff, with the detailed form and the plain lists that older displays use. Changes at the ignored paths,
 * or below them, are left out: in a refresh nobody else does it.
 */
export function diffResponse(result: DiffResult, ignored: readonly string[] = []): providerPb.DiffResponse {
  const isIgnored = (path: string) =>
    ignored.some((end) => path === end || path.startsWith(`${end}.`) || path.startsWith(`${end}[`));
  const entries = Object.entries(result.changes).filter(([path]) => !isIgnored(path));
  const changes = providerPb.DiffResponse.DiffChanges;
  const response = new providerPb.DiffResponse();
  response.setChanges(entries.length > 0 ? changes.DIFF_SOME : changes.DIFF_NONE);
  response.setHasdetaileddiff(true);
  response.setDeletebeforereplace(result.deleteBeforeReplace ?? false);
  response.setStablesList([...(result.stables ?? [])]);
  response.setDiffsList([...new Set(entries.map(([path]) => rootOf(path)))]);
  response.setReplacesList([
    ...new Set(entries.filter(([, kind]) => kind.endsWith("-replace")).map(([path]) => rootOf(path))),
  ]);
  for (const [path, kind] of entries) {
    const diff = new providerPb.PropertyDiff();
    diff.setKind(KINDS[kind]);
    // The right-hand side of every comparison is the checked inputs.
    diff.setInputdiff(false);
    response.getDetaileddiffMap().set(path, diff);
  }
  return response;
}

/** The names that are secret in any of the messages, and those that always are. */
export function unionOf(always: readonly string[], ...decoded: readonly Decoded[]): Set<string> {
  return new Set([...always, ...decoded.flatMap(({ secrets }) => [...secrets])]);
}

function rootOf(path: string): string {
  return path.split(/[.[]/, 1)[0] ?? path;
}
