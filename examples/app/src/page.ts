// The page: which environment this is, its notes, a search, and whether the WebSocket lives.
import { type Html, html } from "./html.ts";
import type { Note } from "./notes.ts";
import type { ServiceSettings } from "./settings.ts";
import { version } from "./version.ts";

/** What the page shows besides settings. */
export interface PageContent {
  notes: Note[];
  /** The search, when there was one. */
  search?: { query: string; notes: Note[] };
  /** A mistake in what was sent, in plain words. */
  mistake?: string;
}

/** Renders the page. */
export function renderPage(settings: ServiceSettings, content: PageContent): string {
  const { APP_NAME, APP_ENV, APP_COMMIT, BANNER } = settings;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${BANNER === "" ? "" : `${BANNER}: `}${APP_NAME}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/page.css">
<script src="/page.js" defer></script>
</head>
<body>
${BANNER === "" ? "" : html`<div class="banner" role="status" data-testid="banner">${BANNER}</div>`}
<main>
<header><h1>${APP_NAME}</h1><span class="faint">version ${version}, environment ${APP_ENV}</span></header>
<section aria-labelledby="notes-title">
<h2 id="notes-title">Notes</h2>
<form method="post" action="/notes">
<label for="text">A new note, stored in Postgres</label>
<input id="text" name="text" required maxlength="2000" autocomplete="off">
<button>Add</button>
</form>
${content.mistake === undefined ? "" : html`<p role="alert">${content.mistake}</p>`}
${list(content.notes, "No notes yet.")}
</section>
<section aria-labelledby="search-title">
<h2 id="search-title">Nearest notes</h2>
<form method="get" action="/" role="search">
<label for="q">Words to look for; hashed to a vector and compared in Postgres</label>
<input id="q" name="q" required maxlength="2000" value="${content.search?.query ?? ""}" autocomplete="off">
<button>Search</button>
</form>
${content.search === undefined ? "" : list(content.search.notes, "Nothing to compare with yet.")}
</section>
<section aria-labelledby="live-title">
<h2 id="live-title">WebSocket</h2>
<p class="live" id="live" role="status" data-testid="live">Connecting</p>
<p class="faint" id="tick">no tick yet</p>
</section>
<p class="faint">commit ${APP_COMMIT}</p>
</main>
</body>
</html>
`.text;
}

function list(notes: Note[], empty: string): Html {
  if (notes.length === 0) return html`<p class="faint">${empty}</p>`;
  return html`<ul>${notes.map(item)}</ul>`;
}

function item(note: Note): Html {
  const aside =
    note.distance === undefined ? note.createdAt.slice(0, 16).replace("T", " ") : note.distance.toFixed(3);
  return html`<li><span>${note.text}</span><span class="faint">${aside}</span></li>`;
}
