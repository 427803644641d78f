// Reads what Pulumi's passphrase secrets manager wrote: AES-256-GCM under a key that PBKDF2 makes of the passphrase.
import { createDecipheriv, pbkdf2 } from "node:crypto";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import { resolvePaths } from "../../setup/paths.ts";

/** As in the engine (sdk/go/common/resource/config/crypt.go); one derivation takes a third of a second. */
const ITERATIONS = 1_000_000;
const KEY_BYTES = 32;
const TAG_BYTES = 16;

/** The passphrase that the engine would use, where it can be had without asking somebody. */
export function passphrase(env: NodeJS.ProcessEnv = process.env): string | undefined {
  if (env.PULUMI_CONFIG_PASSPHRASE !== undefined) return env.PULUMI_CONFIG_PASSPHRASE;
  try {
    return readFileSync(env.PULUMI_CONFIG_PASSPHRASE_FILE || resolvePaths(env).passphrase, "utf8").trim();
  } catch {
    return undefined;
  }
}

/** Keys by passphrase and salt: a command checks its stack twice, before and after set-up. */
const keys = new Map<string, Promise<Buffer>>();

/** The key of a stack file, from its `encryptionsalt` (`v1:<salt>:…`). */
export function keyOf(encryptionSalt: string, phrase: string): Promise<Buffer> {
  const salt = encryptionSalt.split(":")[1] ?? "";
  const name = `${salt} ${phrase}`;
  const known = keys.get(name);
  if (known !== undefined) return known;
  const key = promisify(pbkdf2)(phrase, Buffer.from(salt, "base64"), ITERATIONS, KEY_BYTES, "sha256");
  keys.set(name, key);
  return key;
}

/** The text of a `v1:<nonce>:<cipher>` value. @throws Error if the key is another one. */
export function decrypt(value: string, key: Buffer): string {
  const [, nonce = "", cipher = ""] = value.split(":");
  const bytes = Buffer.from(cipher, "base64");
  const decipher = createDecipheriv("aes-256-gcm", key, Buffer.from(nonce, "base64"));
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
  return decipher.update(bytes.subarray(0, -TAG_BYTES), undefined, "utf8") + decipher.final("utf8");
}
