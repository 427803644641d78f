// Requests to an environment through its gateway on loopback, with the Host header that a browser would send.
import { Agent, type Dispatcher, request } from "undici";

/** How the gateway answered. */
export interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: JSON of whatever endpoint
  json: any;
}

/** Where an environment answers: a port of loopback, or a Unix socket that leads to one in another network namespace. */
export type Target = number | { socket: string };

function way(target: Target): { origin: string; dispatcher?: Dispatcher } {
  if (typeof target === "number") return { origin: `http://127.0.0.1:${target}` };
  return { origin: "http://127.0.0.1", dispatcher: new Agent({ connect: { socketPath: target.socket } }) };
}

/** Asks the target for a path as `host`; a body is sent as JSON by POST. */
export async function ask(
  target: Target,
  host: string,
  path: string,
  body?: unknown,
  user?: string,
): Promise<Answer> {
  const authorization =
    user === undefined ? {} : { authorization: `Basic ${Buffer.from(user).toString("base64")}` };
  const content = body === undefined ? {} : { "content-type": "application/json" };
  const { origin, dispatcher } = way(target);
  const response = await request(`${origin}${path}`, {
    ...(dispatcher === undefined ? {} : { dispatcher }),
    method: body === undefined ? "GET" : "POST",
    headers: { host, ...authorization, ...content },
    body: body === undefined ? null : JSON.stringify(body),
    headersTimeout: 15_000,
    bodyTimeout: 15_000,
  });
  const text = await response.body.text();
  await dispatcher?.close();
  return { status: response.statusCode, headers: response.headers, text, json: parsed(text) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Asks again until `good` holds or the time is over. */
export async function eventually<T>(
  look: () => Promise<T>,
  good: (value: T) => boolean,
  seconds = 20,
): Promise<T> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const value = await look();
    if (good(value)) return value;
    if (Date.now() > deadline)
      throw new Error(`not within ${seconds} s; last seen: ${JSON.stringify(value)}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
