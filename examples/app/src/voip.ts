// A stand-in for a call-log synchronisation: it only ticks and says so, and must never run in two environments.
import type { Log } from "./log.ts";
import type { ServiceSettings } from "./settings.ts";

/** What /api/voip tells. */
export interface VoipStatus {
  enabled: boolean;
  runs: number;
  lastRunAt: string | null;
}

/** The running (or deliberately not running) synchronisation. */
export interface VoipSync {
  status(): VoipStatus;
  stop(): void;
}

/** Starts the ticker when VOIP_SYNC_ENABLED is true, else says that it doesn't. */
export function startVoipSync(settings: ServiceSettings, log: Log): VoipSync {
  const status: VoipStatus = { enabled: settings.VOIP_SYNC_ENABLED, runs: 0, lastRunAt: null };
  if (!status.enabled) {
    log.info("VoIP sync is off");
    return { status: () => status, stop: () => undefined };
  }
  const timer = setInterval(() => {
    status.runs += 1;
    status.lastRunAt = new Date().toISOString();
    log.info({ run: status.runs }, "VoIP sync ran");
  }, settings.VOIP_SYNC_INTERVAL_MS);
  log.info({ everyMs: settings.VOIP_SYNC_INTERVAL_MS }, "VoIP sync is on");
  return { status: () => status, stop: () => clearInterval(timer) };
}
