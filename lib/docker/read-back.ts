// Numbers in the form in which the Docker provider reads them back from Docker. In another form the same value shows as a
// change at each preview, and replaces the container at each update.

const NANOSECONDS = 1e9;

/** A number without zeros at its end. */
const trimmed = (value: number, decimals: number) => String(Number(value.toFixed(decimals)));

/** A length of time as Go's `Duration.String` writes it: `1m0s`, `1.5s`, `50ms`, `0s`. */
export function goDuration(seconds: number): string {
  const all = Math.round(seconds * NANOSECONDS);
  if (all === 0) return "0s";
  if (all < 1e3) return `${all}ns`;
  if (all < 1e6) return `${trimmed(all / 1e3, 3)}µs`;
  if (all < NANOSECONDS) return `${trimmed(all / 1e6, 6)}ms`;
  const minutes = Math.floor(all / (60 * NANOSECONDS));
  const rest = `${trimmed((all - minutes * 60 * NANOSECONDS) / NANOSECONDS, 9)}s`;
  if (minutes === 0) return rest;
  return minutes < 60 ? `${minutes}m${rest}` : `${Math.floor(minutes / 60)}h${minutes % 60}m${rest}`;
}

/**
 * A share of CPUs. The provider writes nine decimals and cuts zeros off at their end; where there are nine zeros in all it
 * writes one decimal instead, which makes `0.0` of 0.01. A billionth more, which the kernel doesn't count, avoids that.
 */
export function providerCpus(cpus: number): string {
  const written = cpus.toFixed(9);
  if (written.split("0").length - 1 !== 9) return written.replace(/0+$/, "");
  return Number(cpus.toFixed(1)) === cpus ? cpus.toFixed(1) : (cpus + 1e-9).toFixed(9);
}
