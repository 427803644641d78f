// The `.env` files of an environment, and the `env_file`s of its services.
import { existsSync, readFileSync } from "node:fs";
import { relative, resolve } from "node:path";
import { readDotenv } from "./dotenv.ts";
import { type Lookup, shownUnknown, unknownIn } from "./interpolate.ts";
import { wrongFile } from "./problem.ts";

/** What fills in `${NAME}`. The shell's own variables don't: an import must come out the same on every machine. */
export function fileVariables(root: string, envFiles: readonly string[] | undefined): Map<string, string> {
  const given = envFiles ?? (existsSync(resolve(root, ".env")) ? [".env"] : []);
  const all = new Map<string, string>();
  for (const file of given) {
    for (const [name, value] of dotenv(resolve(root, file), file, (known) => all.get(known)))
      all.set(name, value);
  }
  return all;
}

function dotenv(path: string, shown: string, lookup: Lookup): Map<string, string> {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw wrongFile(
      shown,
      undefined,
      `can't be read: ${(error as NodeJS.ErrnoException).code ?? "unknown error"}`,
    );
  }
  try {
    return readDotenv(text, lookup);
  } catch (error) {
    throw wrongFile(shown, undefined, (error as Error).message);
  }
}

/** The variables of a service's `env_file`s, and those that aren't there. */
export function envFileVariables(service: Record<string, unknown>, root: string, lookup: Lookup) {
  const variables: Record<string, string> = {};
  const missing: string[] = [];
  for (const entry of Array.isArray(service.env_file)
    ? (service.env_file as Record<string, unknown>[])
    : []) {
    const path = String(entry.path);
    const shown = shownUnknown(relative(root, path));
    if (unknownIn(path).length > 0 || !existsSync(path)) {
      if (String(entry.required) !== "false") missing.push(shown);
      continue;
    }
    for (const [name, value] of dotenv(path, shown, lookup)) variables[name] = value;
  }
  return { variables, missing };
}
