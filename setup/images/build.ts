// Sees to it that the engine has every image: as it is, pulled, or built as a stand-in; and tells which is which.
import type { Say, SetupContext } from "../step.ts";
import { appHash, appRevision, buildApp } from "./app.ts";
import { appReference, type CatalogEntry, entriesFor, type NeededImages, referenceOf } from "./catalog.ts";
import { baseHash, baseObstacle, baseReference, makeBase } from "./debian.ts";
import { type Engine, inspectImages, type LocalImage, pullImage, requireSameProcessor } from "./engine.ts";
import { sourceHashLabel, standInLabel, standInNoteLabel } from "./labels.ts";
import { buildStandIn, standInHash } from "./stand-in.ts";

/** What is known of an image without changing anything. */
export interface ImageState {
  /** What stack files say. */
  reference: string;
  /** `official` was pulled, `stand-in` is ours under an official reference, `own` is built from this repository. */
  kind: "official" | "stand-in" | "own" | "missing";
  /** Nothing to do: present and, where it is of our making, made from today's recipe. */
  current: boolean;
  /** Content id, where present. */
  id?: string;
  /** For stand-ins: how they differ from the official image. */
  note?: string;
}

/**
 * Looks at the images of the catalogue and at the example app's; one call to the engine, below 0.2 s.
 *
 * @param needed those that are not for everybody
 * @throws when the engine can't be asked
 */
export async function describe(engine: Engine, needed?: NeededImages): Promise<ImageState[]> {
  const catalog = entriesFor(needed);
  const references = catalog.map(({ reference }) => reference);
  const images = await inspectImages(engine, [...references, appReference()]);
  return [...catalog.map((entry) => entryState(entry, images.get(entry.reference))), appState(images)];
}

/** The stand-ins among the images, one line each, for a command to print; empty where all are official. */
export function standInLines(states: readonly ImageState[]): string[] {
  return states
    .filter(({ kind }) => kind === "stand-in")
    .map(({ reference, note }) => `${reference} is a stand-in: ${note ?? "built on this machine"}`);
}

function entryState(entry: CatalogEntry, image: LocalImage | undefined): ImageState {
  const { reference } = entry;
  if (image === undefined) return { reference, kind: "missing", current: false };
  if (entry.own)
    return {
      reference,
      kind: "own",
      current: image.labels[sourceHashLabel] === standInHash(entry),
      id: image.id,
    };
  if (image.labels[standInLabel] !== "true")
    return { reference, kind: "official", current: true, id: image.id };
  const current = image.labels[sourceHashLabel] === standInHash(entry);
  const note = image.labels[standInNoteLabel];
  return { reference, kind: "stand-in", current, id: image.id, ...(note === undefined ? {} : { note }) };
}

function appState(images: ReadonlyMap<string, LocalImage>): ImageState {
  const reference = appReference();
  const image = images.get(reference);
  if (image === undefined) return { reference, kind: "missing", current: false };
  const current = image.labels[sourceHashLabel] === appHash(appRevision());
  return { reference, kind: "own", current, id: image.id };
}

/**
 * Makes every image ready that isn't. Each official image is pulled once; when no registry answers, the others are not
 * tried, and stand-ins are built from Debian's and Go's and npm's packages. `TANDEM_OFFLINE=1` never pulls. A stand-in
 * is never replaced by the official image behind the user's back: their data files may differ.
 *
 * @returns the images' states afterwards
 * @throws Error naming the image that can't be had, why, and what to do; the others are made ready all the same
 */
export async function ensureImages(context: SetupContext, say: Say): Promise<ImageState[]> {
  const look = () => describe(context, context.images);
  const todo = (await look()).filter(({ current }) => !current);
  const entries = entriesFor(context.images).filter(({ reference }) =>
    todo.some((state) => state.reference === reference),
  );
  const toBuild = await pullMissing(context, entries, todo, say);
  const failures = toBuild.length === 0 ? [] : await buildStandIns(context, toBuild, say);
  const states = await look();
  const app = states.find(({ reference }) => reference === appReference());
  if (app?.current === false && states.some((state) => state.reference === referenceOf("node") && state.id)) {
    await attempt(failures, appReference(), () => buildApp(context, say));
  }
  if (failures.length > 0) throw new Error(failures.join("\n"));
  return todo.length === 0 ? states : look();
}

/** Pulls what can be pulled; returns what is left to build. */
async function pullMissing(
  context: SetupContext,
  entries: readonly CatalogEntry[],
  states: readonly ImageState[],
  say: Say,
): Promise<CatalogEntry[]> {
  const left: CatalogEntry[] = [];
  let reachable = context.env.TANDEM_OFFLINE !== "1";
  for (const entry of entries) {
    // An outdated stand-in is built again, not swapped.
    const missing = states.some(({ reference, kind }) => reference === entry.reference && kind === "missing");
    if (missing && reachable && !entry.own) {
      const result = await pullImage(context, entry.reference, say);
      if (result === "pulled") continue;
      if (result === "unreachable") reachable = false;
    }
    left.push(entry);
  }
  return left;
}

async function buildStandIns(
  context: SetupContext,
  entries: readonly CatalogEntry[],
  say: Say,
): Promise<string[]> {
  await requireSameProcessor(context);
  const obstacle = baseObstacle();
  const base = (await inspectImages(context, [baseReference])).get(baseReference);
  // One program and nothing beside it needs no base.
  const baseIsThere = base?.labels[sourceHashLabel] === baseHash || entries.every(({ own }) => own);
  if (!baseIsThere && obstacle !== undefined) {
    return entries.map(({ reference }) => `${reference} can't be pulled, and ${obstacle}`);
  }
  if (!baseIsThere) await makeBase(context, say);
  const failures: string[] = [];
  // One is mostly compiled, the others are mostly unpacked: side by side they take the time of the longer.
  const build = (entry: CatalogEntry) =>
    attempt(failures, entry.reference, () => buildStandIn(context, entry, say));
  const inTurn = async (some: readonly CatalogEntry[]) => {
    for (const entry of some) await build(entry);
  };
  await Promise.all([
    inTurn(entries.filter(isCompiled)),
    inTurn(entries.filter((each) => !isCompiled(each))),
  ]);
  return failures;
}

function isCompiled(entry: CatalogEntry): boolean {
  return entry.standIn === "caddy" || entry.standIn === "supercronic";
}

async function attempt(failures: string[], reference: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    failures.push(`${reference}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
