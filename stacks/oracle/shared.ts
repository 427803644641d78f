// What The Oracle's environments share: Whisper ASR, which turns speech into text and keeps nothing.
import {
  DataVolume,
  type Environment,
  guardSharedUse,
  type SharedEndpoint,
  SharedService,
  sharedNetworks,
} from "tandem";
import type { OracleSharedSettings } from "./settings.ts";

/** What the stack `shared` hands out. */
export interface OracleShared {
  whisper: SharedEndpoint;
}

const PORT = 9000;
const MODELS = "/models";
const CHECK = `import urllib.request as r; r.urlopen("http://127.0.0.1:${PORT}/openapi.json", timeout=2)`;

/** Builds what the environments share. */
export function oracleShared(env: Environment, settings: OracleSharedSettings) {
  const { whisperImage: image, serverLimits, environments } = settings;
  const networks = sharedNetworks(env, environments);
  const models = new DataVolume("models", { env, role: "models", image });
  const whisper = new SharedService("whisper", {
    env,
    image,
    port: PORT,
    networks,
    environment: { ASR_MODEL: settings.whisperModel, ASR_MODEL_PATH: MODELS, HOME: MODELS },
    volumes: [{ volume: models.volume, path: MODELS }],
    limits: serverLimits.whisper,
    health: { command: ["python3", "-c", CHECK] },
    // The first start downloads the model.
    healthTimeoutSeconds: 900,
  });
  guardSharedUse(env, networks, whisper.ready);
  return { whisper: whisper.shared };
}
