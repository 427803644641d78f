// Signals to this process, passed on to the one in a container that it stands for.

/** Which are passed on. */
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"] as const;
/** Signals after which the command has this long to end; an interrupt may only break off what it does, as psql has it. */
const ENDING: readonly NodeJS.Signals[] = ["SIGTERM", "SIGHUP"];
const GRACE_MS = 10_000;
/** After so many interrupts the person means it. */
const MOST_INTERRUPTS = 3;

/**
 * Passes signals on while `work` runs; a command that doesn't end by them is killed.
 *
 * @param send gives the command a signal; what it throws doesn't count, since the command may have ended
 */
export async function passingSignals<T>(
  send: (signal: NodeJS.Signals) => Promise<unknown>,
  work: () => Promise<T>,
): Promise<T> {
  let interrupts = 0;
  let timer: NodeJS.Timeout | undefined;
  const attempt = (signal: NodeJS.Signals) => void send(signal).catch(() => undefined);
  const passOn = (signal: NodeJS.Signals) => {
    interrupts += signal === "SIGINT" ? 1 : 0;
    attempt(interrupts >= MOST_INTERRUPTS ? "SIGKILL" : signal);
    if (ENDING.includes(signal)) timer ??= setTimeout(() => attempt("SIGKILL"), GRACE_MS);
  };
  for (const signal of SIGNALS) process.on(signal, passOn);
  try {
    return await work();
  } finally {
    clearTimeout(timer);
    for (const signal of SIGNALS) process.off(signal, passOn);
  }
}
