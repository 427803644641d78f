// A hardened container that gets its secrets as files in a volume, for tests of images.
import { dockerOk } from "./docker-cli.ts";

/** Options that leave a container no more rights than it needs. */
export const hardened: readonly string[] = [
  ...["--read-only", "--cap-drop", "ALL"],
  ...["--security-opt", "no-new-privileges"],
];

/** What a test's containers have in common. */
export interface TestRun {
  /** Prefix of all names. */
  run: string;
  /** Label of everything that is made, `name=value`. */
  label: string;
}

/**
 * Runs a container with files in /run/secrets: no secret is in its configuration or on a command line.
 *
 * @returns its name
 */
export async function startContainer(
  { run, label }: TestRun,
  name: string,
  options: readonly string[],
  image: string,
  command: readonly string[],
  secrets: Readonly<Record<string, string>> = {},
): Promise<string> {
  const container = `${run}-${name}`;
  const volume = `${container}-secrets`;
  await dockerOk(["volume", "create", "--label", label, volume]);
  const asRoot = ["run", "--rm", "-i", "--user", "0:0", "--network", "none", "-v", `${volume}:/secrets`];
  for (const [file, text] of Object.entries(secrets)) {
    await dockerOk(
      [...asRoot, "--entrypoint", "sh", image, "-c", `cat > /secrets/${file}; chmod 644 /secrets/${file}`],
      text,
    );
  }
  const mount = ["-v", `${volume}:/run/secrets:ro`];
  const args = ["run", "-d", "--name", container, "--label", label, ...mount, ...options, image, ...command];
  await dockerOk(args);
  return container;
}
