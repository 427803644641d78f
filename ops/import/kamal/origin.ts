// Kamal's words for what the shared model calls by compose's keys.
import type { Origin } from "../origin.ts";
import { OPTIONS } from "./docker-options.ts";

const NAMES: Readonly<Record<string, string>> = {
  command: "cmd",
  files: "files",
  healthcheck: "health check",
  stop_grace_period: "stop_timeout",
  volumes: "volumes",
};

/** Kamal. */
export const KAMAL: Origin = {
  tool: "Kamal",
  keyName: (key) => {
    if (key.startsWith("build.")) return `builder.${key.slice("build.".length)}`;
    const [option = key] = Object.entries(OPTIONS).find(([, known]) => known === key) ?? [];
    return NAMES[key] ?? `options.${option}`;
  },
};
