// Building blocks for what runs: image references, memory, CPUs, processes, durations and limits.
import type { z } from "zod";
import {
  IMAGE_ID,
  IMAGE_REFERENCE,
  LEAST_CPUS,
  LEAST_MEMORY_MB,
  MOST_CPUS,
  MOST_MEMORY_MB,
} from "../../lib/docker/values.ts";
import { describe, set, setExample, Wrong } from "./issue.ts";
import { kind } from "./kind.ts";
import { asNumber, asText, integer } from "./scalars.ts";
import { section } from "./structures.ts";

/**
 * An image with a tag or a digest, or by its id on the Docker host; `latest` is refused, because it says nothing of what
 * runs.
 */
export function imageReference(example = "registry.example.com/app:1.0.0"): z.ZodType<string> {
  return kind({ kind: "imageReference", type: "string", example }, (value) => {
    const line = asText(value, example);
    if (line instanceof Wrong || IMAGE_ID.test(line)) return line;
    const [, repository, tag, digest] = IMAGE_REFERENCE.exec(line) ?? [];
    if (repository === undefined) {
      return new Wrong("invalid-image", `${describe(line)} is no image reference, as in ${example}`, [
        setExample(example),
      ]);
    }
    if (digest !== undefined) return line;
    if (tag === undefined) {
      return new Wrong("image-without-tag", `${describe(line)} names no version: give a tag or a digest`, [
        set(`${repository}:1.0.0`),
      ]);
    }
    if (tag === "latest") {
      return new Wrong("image-latest", `${describe(line)} is whatever is newest: give the tag of a version`, [
        set(`${repository}:1.0.0`),
      ]);
    }
    return line;
  });
}

const MIB = 1024 * 1024;
const UNITS: Record<string, number> = { b: 1, k: 1024, m: MIB, g: 1024 * MIB, t: 1024 * 1024 * MIB };
/** `512m`, `1g` and the like in MiB, or undefined for another form. Units are binary, as Docker's are. */
export function parseMemory(value: string): number | undefined {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)([bkmgt])(?:i?b)?$/i.exec(value) ?? [];
  if (amount === undefined || unit === undefined) return undefined;
  return (Number(amount) * (UNITS[unit.toLowerCase()] ?? 1)) / MIB;
}

/** An amount of memory with its unit, `512m` or `1g`; becomes MiB. `floor` is the least that works, `6m` if not given. */
export function memory(floor = "6m"): z.ZodType<number> {
  const least = Math.max(parseMemory(floor) ?? LEAST_MEMORY_MB, LEAST_MEMORY_MB);
  const example = least > 512 ? floor : "512m";
  return kind({ kind: "memory", type: "string", example }, (value) => {
    if (value !== undefined && Number.isFinite(Number(value)) && value !== "" && typeof value !== "boolean") {
      const fits = Number(value) >= least && Number(value) <= MOST_MEMORY_MB;
      return new Wrong("memory-unit", `${describe(value)} has no unit: write 512m or 1g`, [
        fits ? set(`${Math.trunc(Number(value))}m`) : setExample(example),
      ]);
    }
    const line = asText(value, example);
    if (line instanceof Wrong) return line;
    if (line.startsWith("-"))
      return new Wrong("out-of-range", `${describe(line)} is below zero`, [setExample(example)]);
    const mib = parseMemory(line);
    if (mib === undefined) {
      return new Wrong("malformed", `${describe(line)} is no amount of memory such as 512m or 1g`, [
        setExample(example),
      ]);
    }
    if (mib < least)
      return new Wrong("out-of-range", `${line} is too little: ${least}m is the least`, [
        setExample(example),
      ]);
    if (mib > MOST_MEMORY_MB)
      return new Wrong("out-of-range", `${line} is more than 4t`, [setExample(example)]);
    return Math.floor(mib);
  });
}

/** A share of CPUs, 0.01 to 512; 0.5 is half of one. */
export function cpus(): z.ZodType<number> {
  return kind({ kind: "cpus", type: "string", example: "0.5" }, (value) => {
    const number = asNumber(value, "0.5");
    if (number instanceof Wrong) return number;
    if (number >= LEAST_CPUS && number <= MOST_CPUS) return number;
    return new Wrong("out-of-range", `${number} is out of range: CPUs are ${LEAST_CPUS} to ${MOST_CPUS}`, [
      setExample("0.5"),
    ]);
  });
}

/** Most processes and threads of a container. */
export function pids(): z.ZodType<number> {
  return integer({ min: 16, max: 100_000, example: 256, what: "a limit of processes", kind: "pids" });
}

const DURATION = /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s)?$/;

/** A length of time such as `30s`, `5m` or `1h30m`, up to a day; becomes seconds. */
export function duration(): z.ZodType<number> {
  const example = "30s";
  return kind({ kind: "duration", type: "string", example }, (value) => {
    const line = asText(value, example);
    if (line instanceof Wrong) return line;
    const [, hours, minutes, seconds] = DURATION.exec(line) ?? [];
    const total = Number(hours ?? 0) * 3600 + Number(minutes ?? 0) * 60 + Number(seconds ?? 0);
    if (!DURATION.test(line)) {
      return new Wrong("malformed", `${describe(line)} is no length of time such as 30s or 5m`, [
        setExample(example),
      ]);
    }
    if (total > 0 && total <= 86_400) return total;
    return new Wrong("out-of-range", `${line} is out of range: more than nothing, a day at most`, [
      setExample(example),
    ]);
  });
}

/** Limits as a stack file gives them. */
export interface LimitDefaults {
  /** CPUs, for example 0.5. */
  cpus: number;
  /** Memory with its unit, for example `512m`. */
  memory: string;
  /** Processes and threads. */
  pids: number;
}

/** Limits as components take them. */
export interface LimitValues {
  cpus: number;
  /** Memory in MiB. */
  memoryMb: number;
  pids: number;
}

/** CPUs, memory and processes of one container; what a stack leaves out has the default. */
export function limits(defaults: LimitDefaults, memoryFloor?: string): z.ZodType<LimitValues> {
  return section(
    { cpus: cpus(), memory: memory(memoryFloor), pids: pids() },
    { kind: "limits", defaults: { ...defaults } },
    (value): LimitValues => ({ cpus: value.cpus, memoryMb: value.memory, pids: value.pids }),
  );
}
