// The runtime options of Pulumi.yaml and PulumiPolicy.yaml, checked.
import type languagePb from "@pulumi/pulumi/proto/language_pb.js";

/** Package managers that can install a program's dependencies. */
export const PACKAGE_MANAGERS = ["npm", "yarn", "pnpm", "bun"] as const;

/** Options under `runtime.options`. */
export interface RuntimeOptions {
  /** Whether the SDK compiles TypeScript with ts-node. @default true, as in the official host */
  readonly typescript: boolean;
  /** Path of a tsconfig.json for ts-node. */
  readonly tsconfig: string | undefined;
  /** Arguments for Node, split as a shell would. */
  readonly nodeargs: readonly string[];
  /** Package manager; undefined means the one whose lock file is found. */
  readonly packagemanager: (typeof PACKAGE_MANAGERS)[number] | undefined;
}

/** Reads the options of a program. Throws a sentence that names the option and what it must be. */
export function parseOptions(info: languagePb.ProgramInfo | undefined): RuntimeOptions {
  const raw = (info?.getOptions()?.toJavaScript() ?? {}) as Record<string, unknown>;
  const read = <T>(name: string, fallback: T, test: (value: unknown) => value is T, wanted: string): T => {
    const value = raw[name];
    if (value === undefined || value === null) return fallback;
    if (test(value)) return value;
    throw new Error(`runtime option "${name}" must be ${wanted}; change it under runtime.options`);
  };
  const manager = read("packagemanager", "auto", isString, "a string");
  const known = PACKAGE_MANAGERS.find((name) => name === manager);
  if (manager !== "auto" && known === undefined) {
    throw new Error(
      `runtime option "packagemanager" must be auto or one of ${PACKAGE_MANAGERS.join(", ")}, not "${manager}"`,
    );
  }
  return {
    typescript: read("typescript", true, (value) => typeof value === "boolean", "true or false"),
    tsconfig: read<string | undefined>("tsconfig", undefined, isString, "a string"),
    nodeargs: splitArguments(read("nodeargs", "", isString, "a string")),
    packagemanager: known,
  };
}

/** Environment variables by which the SDK's start scripts learn of the options. */
export function optionVariables(options: RuntimeOptions): Record<string, string> {
  return {
    ...(options.typescript ? { PULUMI_NODEJS_TYPESCRIPT: "true" } : {}),
    ...(options.tsconfig ? { PULUMI_NODEJS_TSCONFIG_PATH: options.tsconfig } : {}),
  };
}

/** Splits a command line at blanks, with quotes and backslashes as in a POSIX shell, without any expansion. */
export function splitArguments(text: string): string[] {
  const pattern = /((?:[^\s"'\\]|\\.|"(?:[^"\\]|\\.)*"|'[^']*')+)|\s+|(.)/gs;
  const words: string[] = [];
  for (const [, word, stray] of text.matchAll(pattern)) {
    if (stray) throw new Error('runtime option "nodeargs" has a quotation mark or backslash without its end');
    if (word) words.push(unquote(word));
  }
  return words;
}

function unquote(word: string): string {
  return word.replaceAll(
    /"((?:[^"\\]|\\.)*)"|'([^']*)'|\\(.)/gs,
    (_, double?: string, single?: string, escaped?: string) =>
      double?.replaceAll(/\\(["\\$`])/g, "$1") ?? single ?? escaped ?? "",
  );
}

function isString(value: unknown): value is string {
  return typeof value === "string";
}
