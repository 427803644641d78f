// An emulator of the part of GitHub's REST API that the scripts of the workflows use: issues and their comments, with
// pages, the token, and the length that GitHub refuses. It stands in for GitHub in tests only.
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";

const LIMIT = 65_536;

/** An issue as the emulator has it. */
export interface EmulatedIssue {
  number: number;
  title: string;
  body: string;
  state: string;
  labels: string[];
}

/** A comment as the emulator has it. */
export interface EmulatedComment {
  id: number;
  issue: number;
  body: string;
  user: { type: "Bot" | "User" };
}

interface Body {
  title?: string;
  body?: string;
  state?: string;
  labels?: string[];
}

/** The emulator, with one repository. */
export class GitHubEmulator {
  readonly token = "emulated-token";
  readonly repository = "someone/something";
  readonly issues: EmulatedIssue[] = [];
  readonly comments: EmulatedComment[] = [];
  /** Every change that was asked for, such as `POST /issues`. */
  readonly changes: string[] = [];
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => {
      this.#answer(request).then(
        ([status, document]) => response.writeHead(status).end(JSON.stringify(document)),
        (error: unknown) => response.writeHead(500).end(String(error)),
      );
    });
  }

  /** Starts it on loopback. */
  static async start(): Promise<GitHubEmulator> {
    const emulator = new GitHubEmulator();
    await new Promise<void>((resolve) => emulator.#server.listen(0, "127.0.0.1", resolve));
    return emulator;
  }

  /** Variables by which a script finds it, as in a workflow. */
  get variables(): Record<string, string> {
    const { port } = this.#server.address() as AddressInfo;
    return {
      GITHUB_API_URL: `http://127.0.0.1:${port}`,
      GITHUB_REPOSITORY: this.repository,
      GITHUB_TOKEN: this.token,
    };
  }

  /** Stops it. */
  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage): Promise<[number, unknown]> {
    if (request.headers.authorization !== `Bearer ${this.token}`)
      return [401, { message: "Bad credentials" }];
    const url = new URL(request.url ?? "", "http://emulator");
    const path = url.pathname.replace(`/repos/${this.repository}`, "");
    if (path === url.pathname) return [404, { message: "Not Found" }];
    if (request.method === "GET") return this.#list(path, url.searchParams);
    this.changes.push(`${request.method} ${path}`);
    const body = (await json(request)) as Body;
    if ((body.body ?? "").length > LIMIT) {
      return [
        422,
        { message: "Validation Failed", errors: ["body is too long (maximum is 65536 characters)"] },
      ];
    }
    return request.method === "POST" ? this.#create(path, body) : this.#update(path, body);
  }

  #list(path: string, query: URLSearchParams): [number, unknown] {
    const [size, page] = [Number(query.get("per_page") ?? 30), Number(query.get("page") ?? 1)];
    const issue = Number(/^\/issues\/(\d+)\/comments$/.exec(path)?.[1]);
    const all =
      path === "/issues"
        ? this.issues.filter(
            ({ state, labels }) => state === query.get("state") && labels.includes(query.get("labels") ?? ""),
          )
        : this.comments.filter((comment) => comment.issue === issue);
    return [200, all.slice((page - 1) * size, page * size)];
  }

  #create(path: string, { title = "", body = "", labels = [] }: Body): [number, unknown] {
    if (path === "/issues") {
      const issue = { number: this.issues.length + 1, title, body, state: "open", labels };
      this.issues.push(issue);
      return [201, issue];
    }
    const issue = Number(/^\/issues\/(\d+)\/comments$/.exec(path)?.[1]);
    const comment = { id: this.comments.length + 1, issue, body, user: { type: "Bot" as const } };
    this.comments.push(comment);
    return [201, comment];
  }

  #update(path: string, changes: Body): [number, unknown] {
    const [, comment, issue] = /^\/issues\/(?:comments\/(\d+)|(\d+))$/.exec(path) ?? [];
    const found =
      comment === undefined
        ? this.issues.find(({ number }) => number === Number(issue))
        : this.comments.find(({ id }) => id === Number(comment));
    if (found === undefined) return [404, { message: "Not Found" }];
    return [200, Object.assign(found, changes)];
  }
}
