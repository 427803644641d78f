// Encrypts values for a stack file, as `tandem config set --secret` does: the engine itself does it, and gets them by standard
// input.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isMap, parseDocument } from "yaml";
import { keyText } from "../../../infra/check/problem.ts";
import { createStack } from "../../deploy/create-stack.ts";
import { askEngine } from "../../engine/engine.ts";
import { prepareMachine } from "../../engine/prepare.ts";
import type { Project, StackFile } from "../../engine/project.ts";
import { localDeployment, openSession, type Session } from "../../engine/session.ts";

/** A value to encrypt. */
export interface Secret {
  /** Setting without the project's name, and what lies in it, such as `["secrets", "app", "API_KEY"]`. */
  path: readonly string[];
  value: string;
}

/** Encrypted values. */
export interface SealedValues {
  /** In the order of what was given. */
  sealed: string[];
  /** What they are encrypted with, for a file that doesn't say it yet. */
  salt?: string;
}

/** Lets the engine encrypt values: in a file of its own, since it rewrites what it changes. */
export async function seal(
  project: Project,
  file: StackFile,
  stack: string,
  secrets: readonly Secret[],
): Promise<SealedValues> {
  if (secrets.length === 0) return { sealed: [] };
  await prepareMachine({ engineOnly: true });
  const session = openSession(project, stack, file);
  // The engine wants to know the stack even to change a file.
  if (localDeployment(session) === undefined) await createStack(session);
  const folder = mkdtempSync(join(tmpdir(), "tandem-import-"));
  try {
    const scratch = join(folder, `Pulumi.${stack}.yaml`);
    const document = parseDocument(readFileSync(session.configFile, "utf8"));
    document.set("config", document.createNode({}));
    writeFileSync(scratch, document.toString(), { mode: 0o600 });
    for (const secret of secrets) await encrypt(session, scratch, secret);
    const written = parseDocument(readFileSync(scratch, "utf8"));
    const sealed = secrets.map(({ path: [key, ...inside] }) => {
      const node: unknown = written.getIn(["config", `${project.name}:${key}`, ...inside]);
      return isMap(node) ? String(node.get("secure")) : "";
    });
    const salt: unknown = written.get("encryptionsalt");
    return { sealed, ...(typeof salt === "string" ? { salt } : {}) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function encrypt(session: Session, scratch: string, { path, value }: Secret): Promise<void> {
  const key = keyText([...path], session.project.name);
  const inside = path.length > 1 ? ["--path"] : [];
  const flags = ["--secret", ...inside, "--stack", session.stack, "--config-file", scratch];
  // The engine takes one line end away.
  await askEngine(session, ["config", "set", ...flags, key], session.project.directory, `${value}\n`);
}
