// For tests of the import: compose files in a repository of a test's own, and the system that they become.
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { packageRoot } from "../../../setup/paths.ts";
import type { ImportOptions } from "../../commands/import.ts";
import { planImport } from "../../commands/import.ts";
import { writeWhole } from "../../commands/new-system.ts";

/** A test's import finds no variable of the shell that runs it. */
const NO_SHELL = (_: string): string | undefined => undefined;

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

  /** Imports them, without a look at secrets: nothing is encrypted. @param write puts the files into the repository @param below folder of the compose files */
  async import(options: ImportOptions = {}, write = false, below = "", shell = NO_SHELL) {
    const { plan, files } = await planImport(
      join(this.root, below),
      { name: "shop", ...options },
      { root: this.root, shell },
    );
    if (write && !existsSync(plan.target)) writeWhole(this.root, plan.target, files);
    const text = (name: string) => files.get(name) ?? "";
    return { plan, files, topology: text("topology.ts"), settings: text("settings.ts"), text };
  }

  /** Imports one service of these lines, with what is told of it. @param services further ones, or keys of the top level */
  async told(lines: string, more: Record<string, string> = {}, kind = "decide", services = "") {
    const body = lines.split("\n").map((line) => `    ${line}`);
    const text = `services:\n  app:\n    image: "shop:1.0.0"\n${body.join("\n")}\n${services}`;
    const made = await this.write({ ...more, "compose.yaml": text }).import();
    const notes = made.plan.notes.all.filter((note) => note.kind === kind && note.subject === "app");
    return { ...made, notes: notes.map(({ text: words, line }) => `${words} ${line ?? ""}`).join("\n") };
  }

  /** Removes it. */
  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}
