// The versions of an environment, from Pulumi's own history, and which of them to go back to.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync, zstdDecompressSync } from "node:zlib";
import type { ReleaseDefinition } from "../../../infra/settings/release.ts";
import { askEngine } from "../../engine/engine.ts";
import { UserError } from "../../engine/errors.ts";
import type { Session } from "../../engine/session.ts";
import type { Deployment } from "../../engine/state/backend.ts";
import { type Images, sameImages, servedImages } from "./images.ts";

/** One run of the engine that changed, or could have changed, the environment. */
export interface Version {
  /** 1 is the first; `rollback --to` takes it. */
  number: number;
  /** `update`, `destroy`, `refresh` and so on. */
  kind: string;
  /** ISO 8601. */
  startedAt: string;
  endedAt?: string;
  /** `succeeded`, `failed`, `in-progress`. */
  result: string;
  message: string;
  /** Who ran it, where it was `tandem`; else the author of the commit. */
  by?: string;
  /** Commit of the project's repository. */
  commit?: string;
  /** What it served afterwards; absent where the backend doesn't tell. */
  images?: Images;
  /** Operations on resources, by kind. */
  changes: Record<string, number>;
  /** Plain settings by key. */
  config: Record<string, string>;
}

interface Update {
  version?: number;
  kind: string;
  startTime: string;
  endTime?: string;
  message?: string;
  environment?: Record<string, string>;
  config?: Record<string, { value?: string; secret?: boolean }>;
  result: string;
  resourceChanges?: Record<string, number>;
}

/** How the message of a run begins that `tandem` began: deed, and who. */
const MESSAGE = /^(?:up|rollback to (\d+)|promotion from \S+) by (.+)$/;
/** More than anybody looks at; the engine's default of 10 would hide versions. */
const ALL = "1000000";

/** The message that a run of `tandem` leaves in the history. */
export function historyMessage(deed: string, env: NodeJS.ProcessEnv = process.env, login?: string): string {
  const who = env.GITHUB_ACTOR || env.GITLAB_USER_LOGIN || login || env.USER || env.LOGNAME || "unknown";
  return `${deed} by ${who}`;
}

/** The engine's own history, newest first; none where the stack was never made. */
async function readUpdates(session: Session): Promise<Update[]> {
  const args = ["stack", "history", "--json", "--full-dates", "--page-size", ALL, "--stack", session.stack];
  try {
    return JSON.parse(await askEngine(session, args)) as Update[];
  } catch (error) {
    if (error instanceof UserError && /no stack named/.test(error.message)) return [];
    throw error;
  }
}

/** Reads the history, oldest first. @throws UserError when the engine can't tell it. */
export async function readVersions(session: Session, definition?: ReleaseDefinition): Promise<Version[]> {
  const updates = (await readUpdates(session)).reverse();
  const states = definition === undefined ? [] : checkpoints(session);
  return updates.map((update, index) => {
    const state = states.length === updates.length ? states[index] : undefined;
    const images =
      definition === undefined || state === undefined ? undefined : servedImages(state(), definition);
    return toVersion(update, index, images);
  });
}

function toVersion(update: Update, index: number, images: Images | undefined): Version {
  const { kind, startTime, endTime, message = "", environment = {}, config = {}, result } = update;
  const by = MESSAGE.exec(message)?.[2] ?? environment["git.author"];
  const commit = environment["git.head"];
  const plain = Object.entries(config).filter(([, entry]) => entry.secret !== true);
  return {
    number: update.version || index + 1,
    kind,
    startedAt: startTime,
    ...(endTime === undefined ? {} : { endedAt: endTime }),
    result,
    message,
    ...(by === undefined ? {} : { by }),
    ...(commit === undefined ? {} : { commit }),
    ...(images === undefined ? {} : { images }),
    changes: update.resourceChanges ?? {},
    config: Object.fromEntries(plain.map(([key, { value = "" }]) => [key.replace(/^[^:]*:/, ""), value])),
  };
}

/** The state after each run, oldest first, each read when it is asked for; only a folder of this machine tells. */
function checkpoints({ backend, project, stack }: Session): (() => Deployment)[] {
  if (backend.kind !== "file") return [];
  const folder = join(backend.directory, ".pulumi", "history", project.name, stack);
  let files: string[];
  try {
    files = readdirSync(folder);
  } catch {
    return [];
  }
  return files
    .filter((file) => /\.checkpoint\.json(\.gz|\.zst)?$/.test(file))
    .sort()
    .map((file) => () => {
      const bytes = readFileSync(join(folder, file));
      const text = file.endsWith(".gz")
        ? gunzipSync(bytes)
        : file.endsWith(".zst")
          ? zstdDecompressSync(bytes)
          : bytes;
      const document = JSON.parse(text.toString("utf8")) as { checkpoint?: { latest?: Deployment | null } };
      return document.checkpoint?.latest ?? {};
    });
}

/** Number of the version that a run rolled back to; undefined where it was something else. */
export function rolledBackTo({ message }: Version): number | undefined {
  const target = MESSAGE.exec(message)?.[1];
  return target === undefined ? undefined : Number(target);
}

function isGood({ kind, result, images }: Version): boolean {
  return (
    kind === "update" && result === "succeeded" && images !== undefined && Object.keys(images).length > 0
  );
}

/** Versions that were rolled back from, and not deployed again since: nobody wants them back. */
function abandoned(good: readonly Version[]): Version[] {
  let left: Version[] = [];
  good.forEach((version, index) => {
    const before = good[index - 1];
    if (rolledBackTo(version) !== undefined && before !== undefined) left.push(before);
    else left = left.filter(({ images = {} }) => !sameImages(images, version.images ?? {}));
  });
  return left;
}

/**
 * The last version that served well before what serves now. After a failed run that is the version that still serves;
 * after a rollback it is one older than that which was rolled back to.
 */
export function lastGood(versions: readonly Version[]): Version | undefined {
  const updates = versions.filter(({ kind }) => kind === "update");
  const good = updates.filter(isGood);
  const current = good.at(-1);
  if (current === undefined || updates.at(-1) !== current) return current;
  let origin = current;
  for (let target = rolledBackTo(origin); target !== undefined; target = rolledBackTo(origin)) {
    const found = good.find(({ number }) => number === target);
    if (found === undefined || found.number >= origin.number) break;
    origin = found;
  }
  const bad = abandoned(good);
  return good.findLast(
    ({ number, images = {} }) =>
      number < origin.number &&
      !sameImages(images, current.images ?? {}) &&
      !bad.some((one) => sameImages(one.images ?? {}, images)),
  );
}

/** @throws UserError when there is no such version, or it did not serve. */
export function chosenVersion(versions: readonly Version[], number: number): Version {
  const version = versions.find((one) => one.number === number);
  const known = versions.filter(isGood).map((one) => one.number);
  const fix = known.length === 0 ? "deploy one first" : `versions that served: ${known.join(", ")}`;
  if (version === undefined) throw new UserError(`the history has no version ${number}`, fix, 2);
  if (!isGood(version)) {
    const why = version.result === "succeeded" ? `it is a ${version.kind}` : `it ${version.result}`;
    throw new UserError(`version ${number} never served: ${why}`, fix, 2);
  }
  return version;
}
