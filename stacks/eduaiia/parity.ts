// What may differ between staging and production of eduaiia.
import type { ParityDefinition } from "tandem/settings";
import type { EduaiiaKeys } from "./settings.ts";

const THROWAWAY = "staging's data may be thrown away";
const SEARCH = "search engines keep out of staging";

/** The differences that `tandem parity` allows. */
export const parity: ParityDefinition<EduaiiaKeys> = {
  settings: {
    suffix: "its document names everything by environment",
    hostname: "each has its own domain",
    alias: "only production answers to www as well",
    hostPort: "both run on one machine",
    httpsPort: "both run on one machine",
    postgresPort: "both run on one machine",
    djangoPort: "its document has Django on 8000 and 8001",
    noindex: SEARCH,
    protectData: THROWAWAY,
    restorePoints: THROWAWAY,
  },
  resources: {
    "*.environment.ALLOWED_HOSTS": "only production answers to www as well",
    "*.envs.ALLOWED_HOSTS": "only production answers to www as well",
    // Numbers as small as 80 and 443 could mean anything: they have to be named where they arrive.
    "Container:gateway.ports.*.external": "both run on one machine",
    "Route:*.hostnames": "only production answers to www as well",
    "Route:*.noindex": SEARCH,
    "*.protect": THROWAWAY,
    "*.restorePoints": THROWAWAY,
  },
};
