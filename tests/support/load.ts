// A load on an environment: requests at a set rate over connections that are kept open, as browsers and proxies keep
// them, and nothing tried twice.
import { createHash, randomBytes } from "node:crypto";
import { Client } from "undici";

/** What the load is made of. */
export interface LoadOptions {
  /** Port on loopback. */
  port: number;
  /** Host header. */
  host: string;
  /** Requests a second; half are quick (`/version`), half slow. */
  perSecond: number;
  /** How long the slow ones take, in milliseconds. @default 1000 */
  slowMs?: number;
  /** Connections kept open; each is used in its turn. @default 300 */
  connections?: number;
  /** Seconds between uploads. @default 1 */
  uploadEverySeconds?: number;
  /** Size of an upload in bytes. @default 20 MiB */
  uploadBytes?: number;
}

/** Kinds of requests. */
export type Kind = "quick" | "slow" | "upload";

/** A request that failed. */
export interface Failure {
  kind: Kind;
  /** Milliseconds from the start of the load. */
  atMs: number;
  /** How many requests its connection had served. */
  served: number;
  /** Error code, or `HTTP <status>`, or what was wrong with the answer. */
  reason: string;
}

/** What came of a stretch of load. */
export interface Report {
  seconds: number;
  sent: number;
  answered: number;
  failures: Failure[];
  /** Requests that found all connections busy, so that a further one was opened. */
  surplus: number;
  /** Milliseconds from when a request was due to its whole answer, by kind, sorted. */
  latencies: Record<Kind, number[]>;
}

interface Connection {
  client: Client;
  served: number;
}

/** Errors by which a connection ends before its answer. */
const RESETS = /^(ECONNRESET|EPIPE|UND_ERR_SOCKET|UND_ERR_DESTROYED)/;

/** Requests whose connection ended before the answer did. */
export function resets(report: Report): Failure[] {
  return report.failures.filter(({ reason }) => RESETS.test(reason));
}

/** The latency that this share of requests stays under, in milliseconds; over the kinds given. */
export function percentile(report: Report, share: number, kinds: Kind[] = ["quick", "slow"]): number {
  const all = kinds.flatMap((kind) => report.latencies[kind]).sort((a, b) => a - b);
  return all[Math.min(all.length - 1, Math.floor(all.length * share))] ?? Number.NaN;
}

/** Failures by kind and reason, for messages. */
export function failuresByReason(report: Report): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { kind, reason } of report.failures) {
    counts[`${kind}: ${reason}`] = (counts[`${kind}: ${reason}`] ?? 0) + 1;
  }
  return counts;
}

/** Sends at its rate from `start` to `stop`, whether answers come or not, so that a stall shows in the latencies. */
export class Load {
  private readonly options: Required<LoadOptions>;
  private readonly idle: Connection[] = [];
  private readonly all: Connection[] = [];
  private readonly under = new Set<Promise<void>>();
  private readonly body: Buffer;
  private readonly digest: string;
  private readonly headers: Record<string, string>;
  private timer: NodeJS.Timeout | undefined;
  private began = 0;
  private due = 0;
  private uploadsDue = 0;
  private report: Report = emptyReport();
  private reportBegan = 0;

  constructor(options: LoadOptions) {
    this.options = {
      slowMs: 1000,
      connections: 300,
      uploadEverySeconds: 1,
      uploadBytes: 20 * 2 ** 20,
      ...options,
    };
    this.body = randomBytes(this.options.uploadBytes);
    this.digest = createHash("sha256").update(this.body).digest("hex");
    this.headers = { host: this.options.host };
    for (let made = 0; made < this.options.connections; made++) this.idle.push(this.connect());
  }

  /** Sends this header with every request from now on. */
  setHeader(name: string, value: string): void {
    this.headers[name] = value;
  }

  start(): void {
    this.began = performance.now();
    this.reportBegan = this.began;
    this.timer = setInterval(() => this.tick(), 5);
  }

  /** What came of the load since the start or the last call. Requests under way count when they end. */
  take(): Report {
    const now = performance.now();
    const report = { ...this.report, seconds: (now - this.reportBegan) / 1000 };
    for (const list of Object.values(report.latencies)) list.sort((a, b) => a - b);
    this.report = emptyReport();
    this.reportBegan = now;
    return report;
  }

  /** Waits until what is under way now has ended: a request that began earlier may fail seconds later. */
  async settled(): Promise<void> {
    await Promise.all(this.under);
  }

  /** Sends no more, waits for what is under way, closes the connections. @returns the report since the last `take` */
  async stop(): Promise<Report> {
    clearInterval(this.timer);
    while (this.under.size > 0) await Promise.all(this.under);
    await Promise.all(this.all.map(({ client }) => client.destroy()));
    return this.take();
  }

  private connect(): Connection {
    const connection = {
      // Longer than any server waits: who closes an idle connection is the server, as with browsers.
      client: new Client(`http://127.0.0.1:${this.options.port}`, {
        keepAliveTimeout: 600_000,
        keepAliveMaxTimeout: 600_000,
        headersTimeout: 60_000,
        bodyTimeout: 60_000,
        connect: { timeout: 20_000 },
      }),
      served: 0,
    };
    this.all.push(connection);
    return connection;
  }

  private tick(): void {
    const elapsed = performance.now() - this.began;
    const { perSecond, uploadEverySeconds } = this.options;
    while (this.due < (elapsed / 1000) * perSecond) {
      const at = this.began + (this.due / perSecond) * 1000;
      this.send(this.due % 2 === 0 ? "quick" : "slow", at);
      this.due++;
    }
    while (this.uploadsDue < elapsed / 1000 / uploadEverySeconds) {
      this.send("upload", this.began + this.uploadsDue * uploadEverySeconds * 1000);
      this.uploadsDue++;
    }
  }

  private send(kind: Kind, dueAt: number): void {
    // The one that has been idle longest: all are used, and all stay idle for a while.
    const connection = this.idle.shift() ?? this.surplus();
    this.report.sent++;
    const work = this.exchange(kind, connection.client)
      .then((reason) => {
        if (reason !== undefined) return this.failed(kind, connection, reason);
        this.report.answered++;
        this.report.latencies[kind].push(performance.now() - dueAt);
      })
      .catch((error: NodeJS.ErrnoException) =>
        this.failed(kind, connection, `${error.code ?? error.name}: ${error.message}`),
      )
      .finally(() => {
        connection.served++;
        this.idle.push(connection);
        this.under.delete(work);
      });
    this.under.add(work);
  }

  private surplus(): Connection {
    this.report.surplus++;
    return this.connect();
  }

  private failed(kind: Kind, { served }: Connection, reason: string): void {
    this.report.failures.push({ kind, atMs: performance.now() - this.began, served, reason });
  }

  /** One request. @returns what was wrong with the answer, or undefined */
  private async exchange(kind: Kind, client: Client): Promise<string | undefined> {
    const upload = kind === "upload";
    const path = { quick: "/version", slow: `/slow?ms=${this.options.slowMs}`, upload: "/upload" }[kind];
    const { statusCode, body } = await client.request({
      path,
      method: upload ? "POST" : "GET",
      headers: { ...this.headers, ...(upload ? { "content-type": "application/octet-stream" } : {}) },
      body: upload ? this.body : null,
    });
    const text = await body.text();
    if (statusCode !== 200) return `HTTP ${statusCode}`;
    const answer = JSON.parse(text) as { sha256?: string; waitedMs?: number; version?: string };
    if (upload) return answer.sha256 === this.digest ? undefined : "not what was uploaded";
    const right = kind === "slow" ? answer.waitedMs === this.options.slowMs : answer.version !== undefined;
    return right ? undefined : `unexpected answer: ${text.slice(0, 100)}`;
  }
}

function emptyReport(): Report {
  return {
    seconds: 0,
    sent: 0,
    answered: 0,
    failures: [],
    surplus: 0,
    latencies: { quick: [], slow: [], upload: [] },
  };
}
