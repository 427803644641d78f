// The few calls of GitHub's REST API that the workflows' scripts need, as the workflow's own token may make them.

/** A comment on an issue or pull request. */
export interface Comment {
  id: number;
  body: string;
  /** Who wrote it: a workflow's token writes as a bot. */
  user?: { type: string } | null;
}

/** An issue. */
export interface Issue {
  number: number;
  body: string | null;
  state: "open" | "closed";
  /** There where it is a pull request. */
  pull_request?: unknown;
}

/** GitHub's own version of the API. */
const VERSION = "2022-11-28";
const PER_PAGE = 100;

/** A repository. */
export class GitHub {
  private readonly base: string;
  private readonly token: string;

  /** @throws where the workflow gave no repository or token. */
  constructor(env: NodeJS.ProcessEnv = process.env) {
    const { GITHUB_API_URL = "https://api.github.com", GITHUB_REPOSITORY, GITHUB_TOKEN } = env;
    if (!GITHUB_REPOSITORY || !GITHUB_TOKEN) {
      throw new Error(
        "GITHUB_REPOSITORY and GITHUB_TOKEN must be set: a workflow passes them in a step's env",
      );
    }
    this.base = `${GITHUB_API_URL}/repos/${GITHUB_REPOSITORY}`;
    this.token = GITHUB_TOKEN;
  }

  /** One call. @throws with what GitHub answered, where that isn't a success. */
  async call<T>(method: "GET" | "POST" | "PATCH", path: string, body?: object): Promise<T> {
    const response = await fetch(`${this.base}${path}`, {
      method,
      headers: {
        accept: "application/vnd.github+json",
        authorization: `Bearer ${this.token}`,
        "x-github-api-version": VERSION,
        "user-agent": "tandem",
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(60_000),
    });
    const text = await response.text();
    if (!response.ok)
      throw new Error(`GitHub answers ${response.status} to ${method} ${path}: ${text.slice(0, 500)}`);
    return JSON.parse(text) as T;
  }

  /** All entries of a list, page by page. */
  async all<T>(path: string): Promise<T[]> {
    const entries: T[] = [];
    for (let page = 1; ; page++) {
      const mark = path.includes("?") ? "&" : "?";
      const some = await this.call<T[]>("GET", `${path}${mark}per_page=${PER_PAGE}&page=${page}`);
      entries.push(...some);
      if (some.length < PER_PAGE) return entries;
    }
  }
}
