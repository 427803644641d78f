// Which of Kamal's files are staging's and which production's, where nobody says it: by the names of its destinations.
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { STACKS, type Stack } from "../pair.ts";
import { destinationOf } from "./load.ts";

const BASE = "config/deploy.yml";

/** Does a name look like one of Kamal's files? Stacks of Docker Swarm are called so as well, and have services. */
export function isKamalFile(file: string): boolean {
  return /(^|[/\\])deploy(\.[^/\\]+)?\.ya?ml$/.test(file);
}

/** Kamal's files in a folder; undefined where there are none. */
export function kamalFilesIn(
  folder: string,
  words: Readonly<Record<Stack, string>>,
): { files: Record<Stack, string[]>; others: string[] } | undefined {
  if (!existsSync(join(folder, BASE)) || !statSync(join(folder, BASE)).isFile()) return undefined;
  const own = readdirSync(join(folder, "config"))
    .filter((name) => destinationOf(name) !== undefined)
    .sort();
  const of = (stack: Stack) =>
    own.find((name) => new RegExp(`^(${words[stack]})$`).test(destinationOf(name) ?? ""));
  const files = Object.fromEntries(
    STACKS.map((stack) => {
      const name = of(stack);
      return [stack, name === undefined ? [BASE] : [BASE, `config/${name}`]];
    }),
  ) as Record<Stack, string[]>;
  const used = Object.values(files).flat();
  return { files, others: own.map((name) => `config/${name}`).filter((file) => !used.includes(file)) };
}
