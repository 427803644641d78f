// Building blocks for what has to do with addresses: ports, hostnames, URLs, bind addresses and Docker hosts.
import { isIP } from "node:net";
import type { z } from "zod";
import { describe, set, setExample, Wrong } from "./issue.ts";
import { kind } from "./kind.ts";
import { asText, integer } from "./scalars.ts";

/** A TCP port, 1 to 65535. */
export function port(example = 3000): z.ZodType<number> {
  return integer({ min: 1, max: 65_535, example, what: "a port", kind: "port" });
}

const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** What is wrong with a hostname, or undefined if it is fine. */
export function hostnameProblem(host: string): string | undefined {
  if (host.includes("://")) return `${describe(host)} is a URL: give the hostname alone, without the scheme`;
  if (/[/?#]/.test(host)) return `${describe(host)} has a path: give the hostname alone`;
  if (isIP(host) !== 0) return `${describe(host)} is an IP address where a hostname is expected`;
  if (/:\d*$/.test(host)) return `${describe(host)} has a port: give the hostname alone`;
  if (host !== host.toLowerCase())
    return `${describe(host)} has upper-case letters: hostnames are lower-case here`;
  if (host.length > 253) return `has ${host.length} characters; a hostname has 253 at most`;
  const labels = host.split(".");
  const bad = labels.find((label) => !LABEL.test(label));
  if (bad !== undefined) {
    const part = bad === "" ? "an empty part" : `the part ${describe(bad)}`;
    return `${describe(host)} is no hostname: ${part} must be 1 to 63 letters, digits or hyphens`;
  }
  if (labels.length === 1 && host !== "localhost")
    return `${describe(host)} is no full hostname: it has no domain`;
  return undefined;
}

/** A full hostname in lower case, without scheme, port or path. */
export function hostname(example = "app.example.com"): z.ZodType<string> {
  return kind({ kind: "hostname", type: "string", example }, (value) => {
    const host = asText(value, example);
    if (host instanceof Wrong) return host;
    const problem = hostnameProblem(host);
    if (problem === undefined) return host;
    const better = hostnameIn(host);
    return new Wrong("invalid-hostname", problem, [better === undefined ? setExample(example) : set(better)]);
  });
}

/** The hostname that was probably meant, if there is one in the text. */
function hostnameIn(value: string): string | undefined {
  const host = value
    .toLowerCase()
    .replace(/^[a-z]+:\/\//, "")
    .replace(/[/?#:].*$/, "");
  return hostnameProblem(host) === undefined ? host : undefined;
}

/** A URL with one of the given schemes and without a login in it. */
export function url(schemes: [string, ...string[]] = ["https", "http"]): z.ZodType<string> {
  const example = `${schemes[0]}://app.example.com`;
  return kind({ kind: "url", type: "string", example }, (value) => {
    const line = asText(value, example);
    if (line instanceof Wrong) return line;
    if (!URL.canParse(line)) return new Wrong("invalid-url", "is no URL", [setExample(example)]);
    const parsed = new URL(line);
    // Not repeated in the message: the login may hold a password.
    if (parsed.username !== "" || parsed.password !== "") {
      return new Wrong("url-with-login", "is a URL with a login in it: logins are secrets of their own", [
        setExample(example),
      ]);
    }
    if (!schemes.includes(parsed.protocol.slice(0, -1))) {
      return new Wrong("invalid-url", `${describe(line)} must begin with ${schemes.join(":// or ")}://`, [
        setExample(example),
      ]);
    }
    return line;
  });
}

/** An IP address of the Docker host that a port is published on. */
export function bindAddress(): z.ZodType<string> {
  const example = "127.0.0.1";
  return kind({ kind: "bindAddress", type: "string", example }, (value) => {
    const address = asText(value, example);
    if (address instanceof Wrong) return address;
    if (isIP(address) !== 0) return address;
    return new Wrong("invalid-address", `${describe(address)} is no IP address`, [setExample(example)]);
  });
}

/** An IP address, or a range of them such as `10.1.0.0/16`. */
export function addressRange(): z.ZodType<string> {
  const example = "10.1.0.0/16";
  return kind({ kind: "addressRange", type: "string", example }, (value) => {
    const range = asText(value, example);
    if (range instanceof Wrong) return range;
    const [address = "", bits, ...more] = range.split("/");
    const most = isIP(address) === 4 ? 32 : 128;
    const fits = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= most);
    if (isIP(address) !== 0 && fits && more.length === 0) return range;
    return new Wrong("invalid-address", `${describe(range)} is neither an IP address nor a range of them`, [
      setExample(example),
    ]);
  });
}

/** A Docker host by SSH, taken apart. */
export interface SshHost {
  user: string;
  host: string;
  port: number;
}

/** The parts of `ssh://user@host[:port]`, or undefined if it has another form. */
export function parseSshHost(value: string): SshHost | undefined {
  // A user or host that begins with a hyphen would reach ssh as an option.
  const match = /^ssh:\/\/([A-Za-z_][\w.-]*)@([^@:/?#[\]]+|\[[0-9A-Fa-f:]+\])(?::(\d{1,5}))?\/?$/.exec(value);
  const [, user, rawHost, rawPort] = match ?? [];
  if (user === undefined || rawHost === undefined) return undefined;
  const host = rawHost.replace(/^\[|\]$/g, "");
  const sshPort = rawPort === undefined ? 22 : Number(rawPort);
  const known = isIP(host) !== 0 || host.split(".").every((label) => LABEL.test(label.toLowerCase()));
  if (!known || sshPort < 1 || sshPort > 65_535) return undefined;
  return { user, host, port: sshPort };
}

/** Where Docker is: `unix:///path` or `ssh://user@host[:port]`. */
export function dockerHost(): z.ZodType<string> {
  const example = "ssh://deploy@server.example.com";
  const fix = [setExample(example)];
  return kind({ kind: "dockerHost", type: "string", example }, (value) => {
    const line = asText(value, example);
    if (line instanceof Wrong) return line;
    if (line.startsWith("unix://")) {
      const absolute = /^unix:\/\/\/[^\0]+$/.test(line);
      return absolute
        ? line
        : new Wrong(
            "invalid-docker-host",
            `${describe(line)} must name an absolute path: unix:///var/run/docker.sock`,
            [set("unix:///var/run/docker.sock")],
          );
    }
    // Not repeated in the message: it holds a password.
    if (/^ssh:\/\/[^/]*:[^/]*@/.test(line)) {
      return new Wrong("invalid-docker-host", "holds a password: SSH logs in with a key or an agent", fix);
    }
    if (line.startsWith("tcp://") || line.startsWith("http")) {
      return new Wrong(
        "invalid-docker-host",
        `${describe(line)} is open to whoever reaches the port: use ssh://user@host`,
        fix,
      );
    }
    return parseSshHost(line) === undefined
      ? new Wrong(
          "invalid-docker-host",
          `${describe(line)} is neither unix:///path nor ssh://user@host[:port]`,
          fix,
        )
      : line;
  });
}
