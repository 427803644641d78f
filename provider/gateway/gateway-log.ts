// The gateway's access log, followed: how many requests each upstream answered to whom, and how many of them with an error.
import type Docker from "dockerode";
import { LineSplitter } from "../../lib/line-splitter.ts";

/** Requests of one client to one upstream. */
export interface Answers {
  requests: number;
  /** Those that were answered with 500 or above, by the upstream or for it. */
  errors: number;
}

/** A line of the log as far as it matters here. */
interface AccessLine {
  status?: number;
  upstream?: string;
  request?: { client_ip?: string };
}

/** Answers by the client's address. */
export type ByClient = ReadonlyMap<string, Answers>;

/** Clients that are told apart; all further ones count as one. */
const MOST_CLIENTS = 10_000;

/**
 * Lines from before that are read at most, of all the gateway's routes: enough to know a share, and no burst of work at the
 * very switch.
 */
const MOST_LINES_BEFORE = 5_000;

/** Follows a gateway's log from a moment on. */
export class GatewayLog {
  private readonly counts = new Map<string, Map<string, Answers>>();
  private stream: NodeJS.ReadableStream | undefined;

  /** @param since Unix time in seconds from which lines count */
  async follow(docker: Docker, gateway: string, since: number): Promise<void> {
    const options = { follow: true, stdout: true, stderr: false, since, tail: MOST_LINES_BEFORE } as const;
    this.stream = await docker.getContainer(gateway).logs(options);
    const lines = new LineSplitter((line) => this.count(line));
    docker.modem.demuxStream(this.stream, lines, lines);
    this.stream.on("error", () => undefined);
  }

  /** What these upstreams (`container:port`) answered so far, together, by client. */
  answersOf(upstreams: string[]): ByClient {
    const all = new Map<string, Answers>();
    for (const upstream of upstreams) {
      for (const [client, answers] of this.counts.get(upstream) ?? []) {
        all.set(client, sum([all.get(client) ?? NONE, answers]));
      }
    }
    return all;
  }

  /** Ends it. */
  close(): void {
    (this.stream as { destroy?: () => void } | undefined)?.destroy?.();
  }

  /** Counts one line of the log; lines that are none of a request's are passed over. */
  count(line: string): void {
    if (!line.includes('"upstream"')) return;
    const { status, upstream, request } = parse(line);
    if (status === undefined || !upstream) return;
    // WebSockets go to the same container by a name with a dot at its end.
    const key = upstream.replace(/\.(?=:[0-9]+$)/, "");
    const clients = this.counts.get(key) ?? new Map<string, Answers>();
    this.counts.set(key, clients);
    const address = String(request?.client_ip ?? "");
    const client = clients.has(address) || clients.size < MOST_CLIENTS ? address : "others";
    const answer = { requests: 1, errors: status >= 500 ? 1 : 0 };
    clients.set(client, sum([clients.get(client) ?? NONE, answer]));
  }
}

const NONE: Answers = { requests: 0, errors: 0 };

function sum(answers: Iterable<Answers>): Answers {
  const all = { ...NONE };
  for (const { requests, errors } of answers) {
    all.requests += requests;
    all.errors += errors;
  }
  return all;
}

function parse(line: string): AccessLine {
  try {
    return JSON.parse(line) as AccessLine;
  } catch {
    return {};
  }
}

/** A few errors may be anybody's: below this number they are no reason, and below this number of requests nobody can judge. */
const MIN_ERRORS = 5;

/**
 * What is wrong with the errors of a new version, if anything: a share above the limit that is also above the old
 * version's, which may have been no better. Those to whom most errors went are left out, as many of a hundred clients as of
 * a hundred requests may fail, and at least one: whoever sends requests that can only fail is no reason to go back. Where
 * the others ask too little to judge by, everybody counts: at once if it was so before, else when the time is over.
 *
 * @param over whether this is the last look
 */
export function tooManyErrors(
  now: ByClient,
  before: ByClient,
  limitPercent: number,
  over: boolean,
): string | undefined {
  const all = sum(now.values());
  const others = butMost(now, limitPercent);
  if (others.requests < MIN_ERRORS && !over && butMost(before, limitPercent).requests >= MIN_ERRORS)
    return undefined;
  const judged = others.requests >= MIN_ERRORS ? others : all;
  const earlier = sum(before.values());
  if (judged.errors < MIN_ERRORS || share(judged) <= limitPercent || share(judged) <= share(earlier))
    return undefined;
  const was = earlier.requests === 0 ? "" : `; before the switch it was ${share(earlier).toFixed(0)} %`;
  const to = judged === all ? "" : `, without the ${now.size === 2 ? "client" : "clients"} with most of them`;
  return (
    `answered ${judged.errors} of ${judged.requests} requests with a server error` +
    ` (${share(judged).toFixed(0)} %, at most ${limitPercent} % are allowed${was}${to})`
  );
}

/** Answers to all but those clients to whom most errors went, or most answers. */
function butMost(clients: ByClient, percent: number): Answers {
  const most = [...clients.values()].sort((a, b) => b.errors - a.errors || b.requests - a.requests);
  return sum(most.slice(Math.max(1, Math.floor((clients.size * percent) / 100))));
}

function share({ requests, errors }: Answers): number {
  return requests === 0 ? 0 : (errors / requests) * 100;
}
