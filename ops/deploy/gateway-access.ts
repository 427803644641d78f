// Requests to an environment through its gateway, as somebody outside sends them: by hostname, with the gateway's password.
import { createServer } from "node:net";
import { request } from "undici";
import type { SmokeTest } from "../../infra/settings/release.ts";
import { askEngine, stackFlags } from "../engine/engine.ts";
import { UserError } from "../engine/errors.ts";
import { addressOf } from "../engine/inventory.ts";
import { openForward } from "../engine/remote/ssh-forward.ts";
import { remoteDockerHost, type Session } from "../engine/session.ts";
import { upCommand } from "../engine/systems.ts";
import type { Release } from "./release/definition.ts";

/** What is sent. */
export type GatewayRequest = Pick<SmokeTest, "hostname" | "path" | "body">;

/** What came back. */
export interface GatewayAnswer {
  status: number;
  text: string;
  /** Until the whole answer was there. */
  milliseconds: number;
}

/** Sends a request. @throws Error where there is no answer */
export type AskGateway = (sent: GatewayRequest) => Promise<GatewayAnswer>;

/** Most time that an answer may take. */
const TIMEOUT_MS = 15_000;

function asking(origin: string, authorization: string | undefined): AskGateway {
  return async ({ hostname, path, body }) => {
    const begin = performance.now();
    const answer = await request(`${origin}${path}`, {
      method: body === undefined ? "GET" : "POST",
      headers: {
        host: hostname,
        // As a proxy in front of the gateway says it: one that forces HTTPS answers anything else with a redirect.
        "x-forwarded-proto": "https",
        ...(authorization === undefined ? {} : { authorization }),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      body: body === undefined ? null : JSON.stringify(body),
      headersTimeout: TIMEOUT_MS,
      bodyTimeout: TIMEOUT_MS,
    });
    const text = await answer.body.text();
    return { status: answer.statusCode, text, milliseconds: performance.now() - begin };
  };
}

/** The header for a gateway that asks for a password; the engine decrypts it. */
async function authorizationOf(
  session: Session,
  { definition, values }: Release,
): Promise<string | undefined> {
  const { login } = definition;
  const user = login === undefined ? undefined : values[login.user];
  if (login === undefined || typeof user !== "string" || values[login.password] === undefined)
    return undefined;
  const key = `${session.project.name}:${login.password}`;
  const password = (await askEngine(session, ["config", "get", key, ...stackFlags(session)])).trimEnd();
  return `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
}

/** A port of this machine that is free now. */
async function freePort(): Promise<number> {
  return await new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}

/** Calls `work` with an address of the gateway that this machine reaches, whichever machine the gateway is on. */
async function withOrigin<T>(
  session: Session,
  gateway: string,
  work: (origin: string) => Promise<T>,
): Promise<T> {
  const reachable = gateway.replace(/^0\.0\.0\.0:/, "127.0.0.1:");
  const host = remoteDockerHost(session.project, session.file);
  if (host === undefined) return await work(`http://${reachable}`);
  const localPort = await freePort();
  const remotePort = Number(reachable.slice(reachable.lastIndexOf(":") + 1));
  const forward = await openForward({ host, localPort, remotePort });
  try {
    return await work(`http://127.0.0.1:${localPort}`);
  } finally {
    await forward.close();
  }
}

/**
 * Calls `work` with the means to ask the environment's gateway.
 *
 * @param outputs outputs of the stack's program, for the gateway's address
 * @throws UserError when the environment has no gateway.
 */
export async function withGateway<T>(
  session: Session,
  release: Release,
  outputs: Readonly<Record<string, unknown>>,
  work: (ask: AskGateway) => Promise<T>,
): Promise<T> {
  const { gateway } = addressOf(outputs);
  if (gateway === undefined) {
    throw new UserError(
      `${session.stack} has no gateway to test through`,
      `bring it up first: ${upCommand(session.project, session.stack)}`,
    );
  }
  const authorization = await authorizationOf(session, release);
  return await withOrigin(session, gateway, (origin) => work(asking(origin, authorization)));
}
