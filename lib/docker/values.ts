// What Docker accepts as a single value: names, words, paths, numbers. Each check says what is wrong with a value, or
// undefined. None repeats a value that may be secret.
import { isIP } from "node:net";

/** What is wrong with a value, or undefined if it is fine. */
export type Check = (value: unknown) => string | undefined;

/** Docker's own lower bound for a container's memory, in MiB. */
export const LEAST_MEMORY_MB = 6;
/** More memory than a container of a small team has: 4 TiB, in MiB. */
export const MOST_MEMORY_MB = 4 * 1024 * 1024;
/** Docker's own lower bound for CPUs. */
export const LEAST_CPUS = 0.01;
export const MOST_CPUS = 512;
/** The most that Linux lets `kernel.pid_max` be (proc(5)). */
const MOST_PIDS = 4_194_304;
/** Linux' MAX_ARG_STRLEN: the longest word or variable of a new process, with its closing NUL (execve(2)). */
const MOST_WORD_BYTES = 131_071;
/** A quarter of the usual 8 MiB of stack is what all words and variables may take together (execve(2)). */
export const MOST_WORDS_BYTES = 2_000_000;
/** A day: longer than anything here has to wait. */
const MOST_SECONDS = 86_400;
/** A name is looked up on Docker's networks, and a part of one has 63 characters at most (RFC 1035). */
export const MOST_NAME = 63;
/** Users and groups that Docker takes by number. */
const MOST_UID = 2_147_483_647;

/** Docker's grammar of names of containers and volumes. */
const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/;

// After the grammar of github.com/distribution/reference.
const PART = "[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*";
const DOMAIN = "(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::\\d+)?/)?";
/** A reference with its repository, tag and digest as groups. */
export const IMAGE_REFERENCE = new RegExp(
  `^(${DOMAIN}${PART}(?:/${PART})*)(?::([\\w][\\w.-]{0,127}))?(?:@(sha256:[a-f0-9]{64}))?$`,
);
/** Content address of an image on the Docker host. */
export const IMAGE_ID = /^sha256:[a-f0-9]{64}$/;
/** Longest repository (github.com/distribution/reference). */
const MOST_REPOSITORY = 255;

/** A value for a message: short, on one line, and only where it isn't secret. */
export function shown(value: unknown): string {
  if (value === undefined || value === null) return "missing";
  if (typeof value === "string") {
    const line = JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
    return `'${line.slice(1, -1)}'`;
  }
  return typeof value === "number" || typeof value === "boolean"
    ? String(value)
    : `no single value (${Array.isArray(value) ? "a list" : typeof value})`;
}

/** What no text that reaches Docker may hold. */
function textProblem(value: unknown): string | undefined {
  // Not repeated: a number may be a secret too.
  if (typeof value !== "string")
    return `is ${value === undefined || value === null ? "missing" : `no text but ${typeof value}`}`;
  if (value.includes("\0")) return "holds a NUL byte; text for Docker can't";
  if (!value.isWellFormed())
    return "holds half a character (a lone surrogate); text for Docker is valid Unicode";
  return undefined;
}

/** A word of a command. */
export const word: Check = (value) => {
  const problem = textProblem(value);
  if (problem !== undefined) return problem;
  const bytes = Buffer.byteLength(value as string);
  return bytes > MOST_WORD_BYTES ? `has ${bytes} bytes; Linux takes ${MOST_WORD_BYTES} at most` : undefined;
};

/** Value of a variable. Numbers and booleans are written as text. */
export const variableValue: Check = (value) =>
  typeof value === "boolean" || (typeof value === "number" && Number.isFinite(value))
    ? undefined
    : word(value);

/** Name of a variable. */
export const variableName: Check = (value) => {
  if (value === "") return "has an empty name";
  const problem = textProblem(value);
  if (problem !== undefined) return `has a name that ${problem}`;
  return (value as string).includes("=") ? "has a name with '=' in it" : undefined;
};

/** Text of any kind, such as a label's value. */
export const anyText: Check = textProblem;

/** Name of a container, volume or network, with how many characters are added to it. */
export function nameWith(added = 0): Check {
  return (value) => {
    if (typeof value !== "string" || !NAME.test(value)) {
      return `is ${shown(value)}; a name has at least two of letters, digits, _ . and -, and begins with a letter or digit`;
    }
    const most = MOST_NAME - added;
    return value.length > most ? `is ${shown(value)}, which is longer than ${most} characters` : undefined;
  };
}

/** Words that Docker takes for something else than a network of that name. */
const NO_NETWORK = ["default", "bridge", "host", "none"];

/** Name of a network that containers join. */
export const network: Check = (value) => {
  const problem = nameWith()(value);
  if (problem !== undefined) return problem;
  return NO_NETWORK.includes(String(value))
    ? `is '${String(value)}', which is no network of its own to Docker`
    : undefined;
};

/** An image to look up: with a tag or digest, or by id. */
export const image: Check = (value) => {
  if (typeof value !== "string") return `is ${shown(value)}; it must be an image reference such as app:1.0.0`;
  if (IMAGE_ID.test(value)) return undefined;
  const [, repository] = IMAGE_REFERENCE.exec(value) ?? [];
  if (repository === undefined) return `is ${shown(value)}, which is no image reference such as app:1.0.0`;
  return repository.length > MOST_REPOSITORY
    ? `has a repository of ${repository.length} characters; ${MOST_REPOSITORY} is the most`
    : undefined;
};

/** A user, or a user and a group. */
export const user: Check = (value) => {
  const fits = typeof value === "string" && /^[a-zA-Z0-9_][\w.-]*(:[a-zA-Z0-9_][\w.-]*)?$/.test(value);
  if (!fits) return `is ${shown(value)}; it must be a user or user:group, such as 1000:1000`;
  const tooHigh = value.split(":").some((part) => /^\d+$/.test(part) && Number(part) > MOST_UID);
  return tooHigh ? `is ${shown(value)}; numbers of users and groups go up to ${MOST_UID}` : undefined;
};

/** The owner of a folder: two numbers, since the host knows no names of the container's. */
export const owner: Check = (value) => {
  const numbers = typeof value === "string" && /^\d+:\d+$/.test(value) ? value.split(":").map(Number) : [];
  return numbers.length === 2 && numbers.every((number) => number <= MOST_UID)
    ? undefined
    : `is ${shown(value)}; it must be two numbers, uid:gid, such as 1000:1000`;
};

/** A name in Postgres that stands in commands and URLs of a container as it is: 63 bytes at most. */
export const identifier: Check = (value) =>
  typeof value === "string" && /^[a-zA-Z_][\w$.-]{0,62}$/.test(value)
    ? undefined
    : `is ${shown(value)}; it must be at most 63 letters, digits, _ . - or $, and begin with a letter`;

/** A path inside a container. */
export const path: Check = (value) => {
  const problem = textProblem(value);
  if (problem !== undefined) return problem;
  const written = value as string;
  if (!written.startsWith("/")) return `is ${shown(value)}; it must begin with /`;
  if (written.includes(":")) return `is ${shown(value)}; a path for Docker can't have : in it`;
  if (written.split("/").some((part) => part === "." || part === ".."))
    return `is ${shown(value)}; it must not have . or .. in it`;
  return /^\/+$/.test(written) ? "is /, which can't be mounted over" : undefined;
};

/** What a mount takes: a volume by name, or a folder of the host by an absolute path. */
export const mountSource: Check = (value) =>
  typeof value === "string" && value.startsWith("/")
    ? value.includes(":") || textProblem(value) !== undefined
      ? `is ${shown(value)}; a path of the host can't have : or a NUL byte in it`
      : undefined
    : nameWith()(value) &&
      `is ${shown(value)}; a volume's name has at least two of letters, digits, _ . and -`;

/** How Docker is reached. Not repeated: it could hold a password. */
export const dockerHost: Check = (value) =>
  typeof value === "string" && /^(unix:\/\/\/[^\0]+|ssh:\/\/[^\s\0/-][^\s\0]*)$/.test(value)
    ? undefined
    : "must be unix:///path or ssh://user@host[:port]";

/** An IP address of the Docker host. */
export const address: Check = (value) =>
  typeof value === "string" && isIP(value) !== 0
    ? undefined
    : `is ${shown(value)}; it must be an IP address such as 127.0.0.1`;

const HOSTNAME = /^(\*\.)?[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/i;

/** A hostname, or all below one (`*.`). */
export const hostname: Check = (value) =>
  typeof value === "string" && HOSTNAME.test(value) ? undefined : `is ${shown(value)}, which is no hostname`;

/** A whole number within bounds. */
export function whole(least: number, most: number): Check {
  return (value) =>
    Number.isInteger(value) && Number(value) >= least && Number(value) <= most
      ? undefined
      : `is ${shown(value)}; it must be a whole number from ${least} to ${most}`;
}

/** A port. */
export const port = whole(1, 65_535);
/** Memory in MiB. */
export const memoryMb = whole(LEAST_MEMORY_MB, MOST_MEMORY_MB);
/** Shared memory in MiB. */
export const shmMb = whole(1, MOST_MEMORY_MB);
/** Processes and threads. */
export const pids = whole(1, MOST_PIDS);
/** Seconds that Docker counts in whole ones. */
export const wholeSeconds = whole(0, MOST_SECONDS);

/** A length of time. Docker takes none below a millisecond, and 0 for one of its own. */
export function seconds(least = 0.001): Check {
  return (value) =>
    typeof value === "number" && value >= least && value <= MOST_SECONDS
      ? undefined
      : `is ${shown(value)}; it must be ${least} to ${MOST_SECONDS} seconds`;
}

/** A share in percent. */
export const percent: Check = (value) =>
  typeof value === "number" && value >= 0 && value <= 100
    ? undefined
    : `is ${shown(value)}; it must be 0 to 100 percent`;

/** A share of CPUs. Docker counts them in billionths, and takes no number that is more precise. */
export const cpus: Check = (value) => {
  if (typeof value !== "number" || !(value >= LEAST_CPUS && value <= MOST_CPUS))
    return `is ${shown(value)}; it must be a number from ${LEAST_CPUS} to ${MOST_CPUS}`;
  return Number(value.toFixed(9)) === value ? undefined : `is ${value}; it has more than 9 decimals`;
};
