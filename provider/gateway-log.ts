// The gateway's access log, followed: how many requests each upstream answered, and how many of them with an error.
import type Docker from "dockerode";
import { LineSplitter } from "./line-splitter.ts";

/** Requests of one upstream. */
export interface Answers {
  requests: number;
  /** Those that were answered with 500 or above, by the upstream or for it. */
  errors: number;
}

/** A line of the log as far as it matters here. */
interface AccessLine {
  status?: number;
  upstream?: string;
}

/**
 * Lines from before that are read at most, of all the gateway's routes: enough to know a share, and no burst of work at the
 * very switch.
 */
const MOST_LINES_BEFORE = 5_000;

/** Follows a gateway's log from a moment on. */
export class GatewayLog {
  private readonly counts = new Map<string, Answers>();
  private stream: NodeJS.ReadableStream | undefined;

  /** @param since Unix time in seconds from which lines count */
  async follow(docker: Docker, gateway: string, since: number): Promise<void> {
    const options = { follow: true, stdout: true, stderr: false, since, tail: MOST_LINES_BEFORE } as const;
    this.stream = await docker.getContainer(gateway).logs(options);
    const lines = new LineSplitter((line) => this.count(line));
    docker.modem.demuxStream(this.stream, lines, lines);
    this.stream.on("error", () => undefined);
  }

  /** What these upstreams (`container:port`) answered so far, together. */
  answersOf(upstreams: string[]): Answers {
    const own = upstreams.map((upstream) => this.counts.get(upstream) ?? { requests: 0, errors: 0 });
    return {
      requests: own.reduce((sum, { requests }) => sum + requests, 0),
      errors: own.reduce((sum, { errors }) => sum + errors, 0),
    };
  }

  /** Ends it. */
  close(): void {
    (this.stream as { destroy?: () => void } | undefined)?.destroy?.();
  }

  /** Counts one line of the log; lines that are none of a request's are passed over. */
  count(line: string): void {
    if (!line.includes('"upstream"')) return;
    const { status, upstream } = parse(line);
    if (status === undefined || !upstream) return;
    // WebSockets go to the same container by a name with a dot at its end.
    const key = upstream.replace(/\.(?=:[0-9]+$)/, "");
    const answers = this.counts.get(key) ?? { requests: 0, errors: 0 };
    answers.requests += 1;
    if (status >= 500) answers.errors += 1;
    this.counts.set(key, answers);
  }
}

function parse(line: string): AccessLine {
  try {
    return JSON.parse(line) as AccessLine;
  } catch {
    return {};
  }
}

/** A few errors may be anybody's: below this number they are no reason. */
const MIN_ERRORS = 5;

/**
 * What is wrong with the errors of a new version, if anything: a share above the limit that is also above the old
 * version's, which may have been no better.
 */
export function tooManyErrors(now: Answers, before: Answers, limitPercent: number): string | undefined {
  if (now.errors < MIN_ERRORS) return undefined;
  const share = (now.errors / now.requests) * 100;
  const earlier = before.requests === 0 ? 0 : (before.errors / before.requests) * 100;
  if (share <= limitPercent || share <= earlier) return undefined;
  const was = before.requests === 0 ? "" : `; before the switch it was ${earlier.toFixed(0)} %`;
  return `answered ${now.errors} of ${now.requests} requests with a server error (${share.toFixed(0)} %, at most ${limitPercent} % are allowed${was})`;
}
