// Compose's lengths of time and amounts of memory, as numbers.

const SECONDS: Readonly<Record<string, number>> = { us: 1e-6, ms: 1e-3, s: 1, m: 60, h: 3600, d: 86_400 };
const BYTES: Readonly<Record<string, number>> = {
  "": 1,
  b: 1,
  k: 2 ** 10,
  m: 2 ** 20,
  g: 2 ** 30,
  t: 2 ** 40,
};
const MIB = 2 ** 20;

/** `1m30s` in seconds; undefined for another form. A number without a unit is none to compose either. */
export function secondsOf(value: unknown): number | undefined {
  if (typeof value !== "string" || !/^(\d+(\.\d+)?(us|ms|s|m|h|d))+$/.test(value)) return undefined;
  const parts = [...value.matchAll(/(\d+(?:\.\d+)?)(us|ms|s|m|h|d)/g)];
  const sum = parts.reduce(
    (total, [, amount, unit = "s"]) => total + Number(amount) * (SECONDS[unit] ?? 1),
    0,
  );
  return Number(sum.toFixed(6));
}

/** `512m`, `1.5gb` or a number of bytes, in whole MiB; undefined for another form. */
export function mebibytesOf(value: unknown): number | undefined {
  const [, amount, unit = ""] =
    /^(\d+(?:\.\d+)?)\s*([bkmgt]?)(?:i?b)?$/i.exec(String(value ?? "").trim()) ?? [];
  if (amount === undefined) return undefined;
  return Math.max(1, Math.round((Number(amount) * (BYTES[unit.toLowerCase()] ?? 1)) / MIB));
}

/** A number, also as text; undefined for anything else. */
export function numberOf(value: unknown): number | undefined {
  if (typeof value === "number") return Number.isFinite(value) ? value : undefined;
  return typeof value === "string" && /^\d+(\.\d+)?$/.test(value) ? Number(value) : undefined;
}

/** A switch, also as text. */
export function flagOf(value: unknown): boolean {
  return value === true || /^(true|yes|on|1|y)$/i.test(String(value));
}
