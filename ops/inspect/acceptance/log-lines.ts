// Which lines of a log tell of an error.

/** Levels of loggers that write JSON: words, or pino's and bunyan's numbers. */
const JSON_ERROR =
  /"(?:level|severity|levelname)"\s*:\s*(?:"(?:error|fatal|critical|panic|alert|emergency)"|[56]0\b)/i;
/** What others begin a line with, after a time, a time zone and a process if they are there. */
const PLAIN_ERROR =
  /^(?:(?:[\w:./+-]*\d[\w:.,/+-]*|[A-Z]{3,4}|\[\d+\]:?) +){0,4}(?:\[?(?:ERROR|FATAL|CRITICAL|PANIC)\b|panic:|Traceback |Uncaught |Unhandled )/;

/** The lines of an error or worse. */
export function errorLines(log: string): string[] {
  return log.split("\n").filter((line) => JSON_ERROR.test(line) || PLAIN_ERROR.test(line));
}
