// For tests of the import: compose files in a repository of a test's own, and the system that they become.
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { packageRoot } from "../../../setup/paths.ts";
import type { ImportOptions } from "../../commands/import.ts";
import { planImport } from "../../commands/import.ts";
import { writeWhole } from "../../commands/new-system.ts";

/** A repository that has the package where somebody's repository has it. */
export class ImportFolder {
  /** Its root. */
  readonly root = mkdtempSync(join(tmpdir(), "tandem-compose-"));

  constructor() {
    mkdirSync(join(this.root, "node_modules"));
    mkdirSync(join(this.root, "stacks"));
    symlinkSync(packageRoot, join(this.root, "node_modules/tandem"));
    writeFileSync(join(this.root, "package.json"), '{ "type": "module" }');
  }

  /** Writes files, by their path from the root. */
  write(files: Record<string, string>): this {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(this.root, name)), { recursive: true });
      writeFileSync(join(this.root, name), text);
    }
    return this;
  }

  /** Imports them, without a look at secrets: nothing is encrypted. @param write puts the files into the repository */
  async import(options: ImportOptions = {}, write = false) {
    const { plan, files } = await planImport(this.root, { name: "shop", ...options }, { root: this.root });
    if (write && !existsSync(plan.target)) writeWhole(this.root, plan.target, files);
    const text = (name: string) => files.get(name) ?? "";
    return { plan, files, topology: text("topology.ts"), settings: text("settings.ts"), text };
  }

  /** Removes it. */
  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}
