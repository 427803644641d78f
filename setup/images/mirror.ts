// Where Debian packages come from: the machine's own mirror and proxy where it has them, else Debian's public ones.
import { execFileSync } from "node:child_process";
import type { Environ } from "../paths.ts";

/** Debian's archives as URLs. */
export interface Mirror {
  main: string;
  security: string;
}

const publicMirror: Mirror = {
  main: "http://deb.debian.org/debian",
  security: "http://deb.debian.org/debian-security",
};

/**
 * Picks the mirrors from lines of `<origin> <release> <url>`; entries of other distributions don't count, nor do
 * `file:` and `cdrom:`, which a container can't see.
 */
export function chooseMirror(lines: readonly string[]): Mirror {
  const chosen = { ...publicMirror };
  // Backwards, so that the first entry of each kind wins.
  for (const line of lines.toReversed()) {
    const [origin, release = "", url = ""] = line.trim().split(/\s+/);
    if (origin !== "Debian" || !/^https?:\/\//.test(url)) continue;
    chosen[release.endsWith("-security") ? "security" : "main"] = url.replace(/\/$/, "");
  }
  return chosen;
}

/** The mirrors that this machine's apt uses for Debian. */
export function machineMirror(): Mirror {
  const format = "$(ORIGIN) $(RELEASE) $(REPO_URI)";
  const output = ask("apt-get", ["indextargets", "--format", format, "Created-By: Packages"]);
  return chooseMirror(output.split("\n"));
}

/** Proxy variables for package managers in a build: the environment's, else apt's own setting. */
export function proxyVariables(env: Environ): Record<string, string> {
  const variables: Record<string, string> = {};
  for (const name of ["http_proxy", "https_proxy", "no_proxy"]) {
    const value = env[name] ?? env[name.toUpperCase()];
    if (value) variables[name] = value;
  }
  if (variables.http_proxy === undefined) {
    const match = /^proxy='(https?:\/\/[^']+)'$/m.exec(
      ask("apt-config", ["shell", "proxy", "Acquire::http::Proxy"]),
    );
    if (match?.[1] !== undefined) variables.http_proxy = match[1];
  }
  return variables;
}

function ask(command: string, args: readonly string[]): string {
  try {
    return execFileSync(command, args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  } catch {
    // Not a Debian: no apt to ask.
    return "";
  }
}
