// What becomes of the mounts of a service: volumes stay volumes, files of the repository are put in as files, and what
// would reach into the host stays out.
import { existsSync, readFileSync, type Stats, statSync } from "node:fs";
import { basename, join, relative, sep } from "node:path";
import { shownUnknown, unknownIn } from "./compose/interpolate.ts";
import type { ComposeService } from "./compose/model.ts";
import type { Notes } from "./notes.ts";
import { roleFor, variableFor } from "./pair.ts";
import type { SecretValues } from "./secret-values.ts";
import { isWithin } from "./within.ts";

/** The mounts of a service as the topology has them. */
export interface Mounts {
  /** Role of the volume, and where it lies. */
  volumes: { role: string; path: string; readOnly: boolean }[];
  /** Absolute path in the container, and the file of the repository. */
  files: { path: string; source: string }[];
  /** Folders in memory. */
  temporary: Record<string, { sizeMb?: number }>;
}

/** Volumes of the system: compose's name and the role here. */
export class Volumes {
  readonly roles = new Map<string, string>();
  readonly #taken: Set<string>;

  /** @param taken roles that services have */
  constructor(taken: Iterable<string>) {
    this.#taken = new Set([...taken].flatMap((role) => [role, variableFor(role)]));
  }

  /** The role of a volume. */
  roleOf(name: string): string {
    const known = this.roles.get(name);
    if (known !== undefined) return known;
    const role = roleFor(name.replace(/^\.\//, ""), this.#taken);
    this.roles.set(name, role);
    return role;
  }
}

/** Largest file that is put into a container as a file. */
const MOST_BYTES = 256 * 1024;
const CLOCK = /^\/etc\/(localtime|timezone)$/;

/** Sorts them. @param folder that the compose files' paths begin in */
export function mountsOf(
  service: ComposeService,
  role: string,
  folder: string,
  volumes: Volumes,
  secrets: SecretValues,
  notes: Notes,
): Mounts {
  const result: Mounts = { volumes: [], files: [], temporary: temporaryOf(service) };
  for (const { type, source, target, readOnly } of service.mounts) {
    if (!/^\/[^:]*$/.test(target) || target.split("/").includes("..") || unknownIn(target).length > 0) {
      notes.decide(
        role,
        `the mount at ${JSON.stringify(shownUnknown(target))}: its path is none that can be taken`,
      );
    } else if (type === "tmpfs") result.temporary[plainPath(target)] = {};
    else if (/^\/(tmp|proc|sys|dev)(\/|$)/.test(target)) {
      notes.left(
        role,
        `the mount at ${target}: /tmp is in memory already, and nothing is mounted below /proc, /sys and /dev`,
      );
    } else if (type === "volume" && source === undefined) {
      notes.left(
        role,
        `the volume without a name at ${target}: what a container writes there is gone with it`,
      );
    } else if (type === "volume" && unknownIn(source ?? "").length === 0) {
      result.volumes.push({ role: volumes.roleOf(source ?? ""), path: target, readOnly });
    } else if (type === "bind")
      bind(source ?? "", target, readOnly, {
        ...{ service, role, folder, volumes, secrets, notes, result },
      });
    else notes.decide(role, `the mount of type ${type} at ${target}: there is nothing like it here`);
  }
  return result;
}

interface Surroundings {
  service: ComposeService;
  role: string;
  folder: string;
  volumes: Volumes;
  secrets: SecretValues;
  notes: Notes;
  result: Mounts;
}

function bind(source: string, target: string, readOnly: boolean, around: Surroundings): void {
  const { service, role, folder, volumes, secrets, notes, result } = around;
  const shown = shownUnknown(relative(folder, source)) || ".";
  const stat = statOf(source);
  const inside = isWithin(folder, source) && unknownIn(source).length === 0;
  if (/\/docker\.sock$/.test(source) || /\/docker\.sock$/.test(target)) {
    notes.left(role, "Docker's socket: whoever has it is root on the host");
  } else if (CLOCK.test(target)) {
    notes.left(role, `${target}: say the time zone with timeZone or the variable TZ`);
  } else if (!inside) {
    const host = shownUnknown(source);
    notes.decide(
      role,
      `the host's ${host} at ${target} is not taken: both environments would write into it`,
      `volumes: [{ volume: ${JSON.stringify(host)}, path: ${JSON.stringify(target)} }]`,
    );
  } else if (stat?.isFile() === true) {
    const text = stat.size <= MOST_BYTES ? textOf(source) : undefined;
    if (text !== undefined && (isSecretFile(source) || secrets.isIn(text))) {
      notes.decide(
        role,
        `the file ${shown} at ${target} seems to hold a secret, and is not taken, since files stand in plain text in the state: make it a setting that is encrypted`,
        `files: { ${JSON.stringify(target)}: settings.yourSecret }`,
      );
    } else if (text !== undefined) result.files.push({ path: target, source });
    else
      notes.decide(
        role,
        `the file ${shown} at ${target} is too large, or no text that can be read: put it into the image`,
      );
  } else if (isSource(source, service)) {
    notes.left(
      role,
      `the folder ${shown} at ${target}: the code is in the image, and a deploy is another image`,
    );
  } else if (stat?.isDirectory() === true && readOnly) {
    notes.decide(
      role,
      `the folder ${shown} at ${target}: put its files into the image, or name them one by one in files`,
    );
  } else {
    const volume = volumes.roleOf(shown);
    result.volumes.push({ role: volume, path: target, readOnly });
    notes.decide(
      role,
      `the folder ${shown} at ${target} is the volume ${volume} here, and empty at first: copy what is in it`,
    );
  }
}

/** The folder that an image is built from, or one with a program in it. */
function isSource(folder: string, { build }: ComposeService): boolean {
  if (build !== undefined && (folder === build.context || folder.startsWith(build.context + sep))) {
    return folder === build.context || !/\/(data|uploads?|media|storage|logs?|backups?)$/i.test(folder);
  }
  return [
    "package.json",
    "Dockerfile",
    "requirements.txt",
    "go.mod",
    "composer.json",
    "Gemfile",
    ".git",
  ].some((file) => existsSync(join(folder, file)));
}

/** What a path leads to; undefined where it can't be told. */
function statOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}

/** The text of a file; undefined where it can't be read, or is none. */
function textOf(file: string): string | undefined {
  try {
    const text = readFileSync(file, "utf8");
    return text.includes("\0") || text.includes("\uFFFD") ? undefined : text;
  } catch {
    return undefined;
  }
}

/** Files that hold secrets whatever is in them. */
function isSecretFile(path: string): boolean {
  return /^\.env|^\.(?:pgpass|netrc|npmrc|htpasswd)$|\.(?:key|env)$|^id_[a-z0-9]+$/i.test(basename(path));
}

/** A path in its shortest form. */
const plainPath = (path: string) => path.replace(/\/+/g, "/").replace(/(?<=.)\/$/, "");

function temporaryOf({ tmpfs }: ComposeService): Mounts["temporary"] {
  return Object.fromEntries(
    tmpfs.flatMap((each) => {
      const [place = "", options = ""] = each.split(":");
      const path = plainPath(place);
      const [, size, unit = ""] = /size=(\d+)([kmg]?)/i.exec(options) ?? [];
      const bytes =
        size === undefined
          ? undefined
          : Number(size) * ({ k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 }[unit.toLowerCase()] ?? 1);
      // /tmp is there in any case, with a size of its own.
      if (!path.startsWith("/") || unknownIn(path).length > 0 || (path === "/tmp" && bytes === undefined))
        return [];
      return [[path, bytes === undefined ? {} : { sizeMb: Math.max(1, Math.round(bytes / 2 ** 20)) }]];
    }),
  );
}
