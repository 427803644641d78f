// What staging and production of The Oracle may set.
import {
  appAcceptance,
  choice,
  commonSettings,
  flag,
  gatewaySettings,
  hostnameSetting,
  hostSettings,
  imageReference,
  integer,
  limitSettings,
  list,
  name,
  ownPostgresSettings,
  ownRedisSettings,
  type ProgramSettings,
  priceSettings,
  releaseSettings,
  SERVER_LIMITS,
  secret,
  serviceSettings,
  setting,
  text,
  tunnelSettings,
  variableSettings,
} from "tandem/settings";
import { parity } from "./parity.ts";
import { release } from "./release.ts";
import { seed } from "./seed.ts";

const keys = {
  hostname: hostnameSetting(
    "oracle.example.com",
    "Hostname that this environment answers to; its public URLs follow from it.",
  ),
  ...gatewaySettings(3100),
  ...ownPostgresSettings(15_100),
  ...ownRedisSettings,
  ...serviceSettings,
  ...releaseSettings,
  replicas: setting(integer({ min: 1, max: 10, what: "the number of app containers" }), {
    description: "Number of app containers, 1 to 10.",
    default: 1,
  }),
  ...variableSettings("app"),
  ...limitSettings({ app: { cpus: 1, memory: "512m", pids: 256 }, ...SERVER_LIMITS }),
  // Its team names no prices: the table is empty until a stack's file fills it.
  ...priceSettings([]),
  banner: setting(text({ max: 120, example: "STAGING ENVIRONMENT" }), {
    description: "Banner on every page; none if empty.",
    optional: true,
  }),
  voipSync: setting(flag(), {
    description: "Process live customer calls. One environment at most.",
    default: false,
    example: "false",
    exclusive: true,
    productionOnly: true,
  }),
  voipToken: setting(secret(), {
    description: "Token of the VoIP provider.",
    optional: true,
    unique: true,
  }),
  whisper: setting(flag(), {
    description: "Use the Whisper ASR of the stack shared, which must be up.",
    default: false,
  }),
  ...tunnelSettings("oracle"),
  ...hostSettings("postgres", "redis"),
};

/** The Oracle's settings by key. */
export type OracleKeys = typeof keys;

/** The Oracle's settings. */
export const settings = commonSettings({
  keys,
  release,
  parity,
  seed,
  acceptance: appAcceptance<OracleKeys>("app"),
});

/** Whether an environment with these values uses the stack `shared`. */
export const usesShared = ({ whisper }: { whisper?: unknown }): boolean => whisper === true;

/** The Oracle's settings as its topology gets them. */
export type OracleSettings = ProgramSettings<OracleKeys>;

const sharedKeys = {
  environments: setting(list(name("staging")), {
    description: "Environments that may call Whisper, each through a network of its own.",
  }),
  whisperImage: setting(imageReference(), {
    description: "Image of the Whisper ASR web service.",
    default: "onerahmet/openai-whisper-asr-webservice:v1.9.1",
  }),
  whisperModel: setting(choice("base", "tiny", "small", "medium", "large-v3", "turbo"), {
    description: "Model that it loads.",
    default: "base",
  }),
  // Not `limits`: Pulumi.yaml gives that the defaults of the environments.
  serverLimits: limitSettings({ whisper: { cpus: 2, memory: "2g", pids: 128 } }).limits,
  ...hostSettings("models"),
};

/** What the stack `shared` may set. */
export const sharedSettings = commonSettings({ keys: sharedKeys });

/** The shared stack's settings as its topology gets them. */
export type OracleSharedSettings = ProgramSettings<typeof sharedKeys>;
