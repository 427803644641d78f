// The log: one JSON object a line on standard output, with nothing in it that opens a door.
import { type Logger, pino } from "pino";
import type { CommonSettings } from "./settings.ts";

/** The app's logger. */
export type Log = Logger;

interface Loggable {
  type: string;
  message: string;
  code?: string;
  stack?: string;
}

/**
 * What is logged of an error: its kind, message, code and stack. Clients hang more on their errors, among it the
 * arguments of a failed AUTH, so everything else stays out; passwords in URLs are struck from the message.
 */
export function errorForLog(error: unknown): Loggable {
  if (!(error instanceof Error)) return { type: typeof error, message: strike(String(error)) };
  const { code } = error as NodeJS.ErrnoException;
  return {
    type: error.name,
    message: strike(error.message),
    ...(typeof code === "string" ? { code } : {}),
    ...(error.stack === undefined ? {} : { stack: strike(error.stack) }),
  };
}

function strike(text: string): string {
  return text.replace(/\/\/[^\s/@]*@/g, "//***@");
}

/** Makes the logger of one role. */
export function createLog(settings: Pick<CommonSettings, "LOG_LEVEL" | "APP_ENV">, role: string): Log {
  return pino({
    level: settings.LOG_LEVEL,
    base: { role, environment: settings.APP_ENV },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    serializers: {
      err: errorForLog,
      error: errorForLog,
      req: (request: { id: string; method: string; url: string }) => ({
        id: request.id,
        method: request.method,
        path: request.url.split("?", 1)[0],
      }),
    },
  });
}
