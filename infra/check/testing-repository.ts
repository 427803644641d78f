// For tests of the guards: a repository with all systems of this one, under names of its own, with files to spoil.
import { createCipheriv, pbkdf2Sync, randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { GuardCase } from "./guard-cases.ts";
import { add, type Edit, put } from "./testing.ts";

const ROOT = resolve(import.meta.dirname, "../..");
/** The system whose project is the root of the repository. */
const ROOT_SYSTEM = "oracle";
/** The environments that the cases speak of. */
const STACKS = ["staging", "production"];
/** As Pulumi's passphrase secrets manager has them. */
const CIPHER = { iterations: 1_000_000, keyBytes: 32, nonceBytes: 12 };

/** A copy of the repository's stack files. */
export class Repository {
  readonly folder: string;
  /** Put before each project's name, so that nobody's environment is meant. */
  readonly prefix: string;
  private readonly salt = randomBytes(8);
  private readonly key: Buffer;

  /** @param passphrase what the secrets are encrypted with */
  constructor(folder: string, prefix: string, passphrase: string) {
    this.folder = folder;
    this.prefix = prefix;
    this.key = pbkdf2Sync(passphrase, this.salt, CIPHER.iterations, CIPHER.keyBytes, "sha256");
    this.write();
  }

  /** The environments of a system that have a file. */
  stacksOf(system: string): string[] {
    return filesOf(system).flatMap((file) => /^Pulumi\.(.+)\.yaml$/.exec(file)?.[1] ?? []);
  }

  /** Folder of a system's project. */
  projectOf(system: string): string {
    return system === ROOT_SYSTEM ? this.folder : join(this.folder, "stacks", system);
  }

  /** The project's name. */
  nameOf(system: string): string {
    return `${this.prefix}${system}`;
  }

  /** What a command or a check said, in the words of the cases. */
  inWordsOfCases(text: string): string {
    return text.replaceAll(this.prefix, "");
  }

  /** Makes all files as they are tracked. */
  write(): void {
    for (const system of systems()) {
      mkdirSync(this.projectOf(system), { recursive: true });
      for (const file of filesOf(system)) this.writeFile(system, file, []);
    }
  }

  /** Makes the files of a case. */
  spoil({ system, stack, edits, others = [], secrets = [{}, {}] }: GuardCase): void {
    const other = STACKS.find((name) => name !== stack) ?? "";
    this.writeFile(system, `Pulumi.${stack}.yaml`, [...edits, ...this.sealed(system, secrets[0])]);
    this.writeFile(system, `Pulumi.${other}.yaml`, [...others, ...this.sealed(system, secrets[1])]);
  }

  private writeFile(system: string, file: string, edits: readonly Edit[]): void {
    const source = readFileSync(join(projectFolder(system), file), "utf8");
    const spoilt = edits
      .reduce((text, edit) => edit(text), source)
      .replace(new RegExp(`\\b${system}(?=:[a-zA-Z]|_production_)`, "g"), this.nameOf(system));
    const text = file === "Pulumi.yaml" ? this.project(system, spoilt) : spoilt;
    writeFileSync(join(this.projectOf(system), file), text);
  }

  private project(system: string, source: string): string {
    return source
      .replace(/^name: .*$/m, `name: ${this.nameOf(system)}`)
      .replace(/^( +system:) .*$/m, `$1 ${join(ROOT, "stacks", system)}`);
  }

  /** Puts secrets into a file as the engine encrypts them. */
  private sealed(system: string, secrets: Record<string, string>): Edit[] {
    if (Object.keys(secrets).length === 0) return [];
    // Of a path such as `secrets.app.NAME` the parts become maps.
    const edits = Object.entries(secrets).map(([path, value]) => {
      const [key, ...inside] = path.split(".");
      const sealed = `{secure: "${this.encrypt(value)}"}`;
      return put(
        `${system}:${key}`,
        inside.reduceRight((inner, name) => `{${name}: ${inner}}`, sealed),
      );
    });
    const salt = `v1:${this.salt.toString("base64")}:${this.encrypt("pulumi")}`;
    return [...edits, add(`encryptionsalt: ${salt}`)];
  }

  private encrypt(text: string): string {
    const nonce = randomBytes(CIPHER.nonceBytes);
    const cipher = createCipheriv("aes-256-gcm", this.key, nonce);
    const bytes = Buffer.concat([cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()]);
    return `v1:${nonce.toString("base64")}:${bytes.toString("base64")}`;
  }
}

/** Folder of a system's project in this repository. */
export function projectFolder(system: string): string {
  return system === ROOT_SYSTEM ? ROOT : join(ROOT, "stacks", system);
}

/** Systems that have a project. */
export function systems(): string[] {
  return readdirSync(join(ROOT, "stacks")).filter((name) =>
    existsSync(join(projectFolder(name), "Pulumi.yaml")),
  );
}

function filesOf(system: string): string[] {
  return readdirSync(projectFolder(system)).filter((file) => /^Pulumi(\..+)?\.yaml$/.test(file));
}
