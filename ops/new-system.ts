// A new system's folder in stacks/, from the template in docs/template, on ports that no other system's files name.
import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { nameProblem } from "../components/names.ts";
import { packageRoot } from "../toolchain/paths.ts";
import { UserError } from "./errors.ts";
import { systemFolder, systemNames } from "./systems.ts";

/** What the template calls the system. */
const PLACEHOLDER = /\bshop\b/g;
const STACK_FILE = /^Pulumi\.[^.]+\.yaml$/;
/** A port in a stack file, as the value of a key that ends so. */
const PORT = /(?<=\bport: +|Port: +)\d+/g;
/** The last port there is. */
const MAX_PORT = 65_535;

/**
 * Makes the folder; it appears whole or not at all.
 *
 * @returns its path.
 * @throws UserError for a name that can't be one of containers and databases, and for one that is taken.
 */
export function createSystem(name: string, root: string = packageRoot): string {
  const problem = nameProblem(name);
  if (problem !== undefined) {
    throw new UserError(`a system's name ${problem}`, "give another one: tandem new my-system", 2);
  }
  const folder = join(root, "stacks", name);
  if (readdirSync(join(root, "stacks")).includes(name)) {
    throw new UserError(`stacks/${name} is there already`, "give another name: tandem new my-system", 2);
  }
  const template = join(root, "docs/template");
  const files = readdirSync(template).map(
    (file) => [file, readFileSync(join(template, file), "utf8")] as const,
  );
  const shift = freeShift(
    files.filter(([file]) => STACK_FILE.test(file)).flatMap(([, text]) => portsIn(text)),
    new Set(systemNames(root).flatMap((system) => portsOf(systemFolder(system, root)))),
  );
  // On the same file system, so that the rename is one step; not in stacks/, where everything counts as a system.
  const draft = mkdtempSync(join(root, ".new-system-"));
  try {
    for (const [file, text] of files) {
      const ported = STACK_FILE.test(file)
        ? text.replaceAll(PORT, (port) => String(Number(port) + shift))
        : text;
      writeFileSync(join(draft, file), ported.replaceAll(PLACEHOLDER, name));
    }
    // mkdtemp makes it readable for its owner only.
    chmodSync(draft, 0o755);
    renameSync(draft, folder);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
  return folder;
}

function portsIn(text: string): number[] {
  return (text.match(PORT) ?? []).map(Number);
}

function portsOf(folder: string): number[] {
  return readdirSync(folder)
    .filter((file) => STACK_FILE.test(file))
    .flatMap((file) => portsIn(readFileSync(join(folder, file), "utf8")));
}

/** By how much the template's ports move so that none of them is taken. */
function freeShift(ports: readonly number[], taken: ReadonlySet<number>): number {
  for (let shift = 0; Math.max(...ports) + shift <= MAX_PORT; shift += 10) {
    if (ports.every((port) => !taken.has(port + shift))) return shift;
  }
  throw new UserError("no ports are left for a new system", "free those of one in stacks/*/Pulumi.*.yaml");
}
