// What a system says of its releases: which settings name its images, and which requests show that a version works.
import type { Settings, ValuesOf } from "./define.ts";

/** A request through the gateway. */
export interface SmokeTest {
  /** Hostname that the gateway routes by. */
  hostname: string;
  /** Path with query. */
  path: string;
  /** What is sent by POST, as JSON. @default nothing: GET */
  body?: unknown;
  /** Status of a version that works. @default 200 */
  status?: number;
  /** Text that its answer must hold. @default any answer */
  contains?: string;
}

/** What rollback and promotion need to know. */
export interface ReleaseDefinition<K extends Settings = Settings> {
  /** Settings that name the application's images; each with the services, as the topology names them, that run it. */
  images: { [P in keyof K]?: readonly string[] };
  /** Requests that must be answered well after each rollback and promotion. */
  smokeTests(values: ValuesOf<K>): SmokeTest[];
  /** Settings with the user and password that the gateway asks for. @default none */
  login?: { user: keyof K & string; password: keyof K & string };
}
