// A service's variables in a stack file: reads them, and writes more of them; comments and order stay as they are.
import { type Document, isMap, isScalar, parseDocument, Scalar } from "yaml";
import { ownKey } from "../../../infra/check/stack-keys.ts";
import type { VariablesKey } from "../../../infra/settings/variables.ts";

/** What to write. */
export interface Additions {
  role: string;
  plain: Readonly<Record<string, string>>;
  /** Encrypted values. */
  sealed: Readonly<Record<string, string>>;
  /** What they are encrypted with, where the file doesn't say it yet. */
  salt?: string | undefined;
}

/** What a stack file gives a service under one of the two keys: a plain text, or a cipher. */
export interface Found {
  under: VariablesKey;
  text?: string;
  cipher?: string;
}

/** The variables that a stack file gives a service, by name. */
export function variablesIn(text: string, project: string, role: string): Map<string, Found> {
  const document = parseDocument(text);
  const found = new Map<string, Found>();
  for (const under of ["environment", "secrets"] as const) {
    const named = document.getIn(["config", keyIn(document, project, under), role]);
    if (!isMap(named)) continue;
    for (const { key, value } of named.items) {
      const cipher: unknown = isMap(value) ? value.get("secure") : undefined;
      const plain = isScalar(value) ? String(value.value) : undefined;
      found.set(String(isScalar(key) ? key.value : key), {
        under,
        ...(plain === undefined ? {} : { text: plain }),
        ...(typeof cipher === "string" ? { cipher } : {}),
      });
    }
  }
  return found;
}

/** The text of a stack file with these variables; one that moves from one key to the other leaves the first. */
export function withVariables(
  text: string,
  project: string,
  { role, plain, sealed, salt }: Additions,
): string {
  const document = parseDocument(text);
  const put = (under: VariablesKey, other: VariablesKey, name: string, value: unknown) => {
    const from = ["config", keyIn(document, project, other), role, name];
    if (document.hasIn(from)) document.deleteIn(from);
    const into = ["config", keyIn(document, project, under), role];
    // `app:` with nothing below it is no map yet.
    for (const path of [into.slice(0, 1), into.slice(0, 2), into]) {
      if (!isMap(document.getIn(path))) document.setIn(path, document.createNode({}));
    }
    document.setIn([...into, name], value);
  };
  for (const [name, value] of Object.entries(plain)) {
    // In quotes whatever it is: the engine's YAML reads some words as dates, numbers or yes and no.
    const node = new Scalar(value);
    node.type = Scalar.QUOTE_DOUBLE;
    put("environment", "secrets", name, node);
  }
  for (const [name, secure] of Object.entries(sealed)) {
    put("secrets", "environment", name, document.createNode({ secure }));
  }
  if (salt !== undefined && !document.has("encryptionsalt")) document.set("encryptionsalt", salt);
  return document.toString({ lineWidth: 0, doubleQuotedMinMultiLineLength: Number.MAX_SAFE_INTEGER });
}

/** The key as the file spells it; `<project>:<key>` where it has none yet. */
function keyIn(document: Document, project: string, key: VariablesKey): string {
  const config = document.get("config");
  const names = isMap(config)
    ? config.items.map(({ key: name }) => String(isScalar(name) ? name.value : name))
    : [];
  return names.find((name) => ownKey(name, project) === key) ?? `${project}:${key}`;
}
