// A self-contained HTML page: no script, no request to anywhere, light and dark, readable on a phone.

/** HTML that is safe as it is. */
export class Html {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

function escaped(value: string): string {
  return value
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}

/** What stands in a template: HTML as it is, anything else escaped. */
export type Part = Html | string | number | undefined | readonly Part[];

function rendered(part: Part): string {
  if (part === undefined) return "";
  if (part instanceof Html) return part.text;
  if (Array.isArray(part)) return part.map((entry: Part) => rendered(entry)).join("");
  return escaped(String(part));
}

/** A template whose parts are escaped, unless they are HTML themselves. */
export function html(strings: TemplateStringsArray, ...parts: Part[]): Html {
  return new Html(strings.reduce((text, string, index) => text + rendered(parts[index - 1]) + string));
}

const STYLE = `
:root { color-scheme: light dark; --ink: #1a1c20; --soft: #4c525c; --paper: #fff; --card: #f4f5f7; --line: #d5d9e0;
  --good: #11632f; --warn: #7a4a00; --bad: #a3121f; --link: #0b57d0; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #eceef2; --soft: #b4bbc7; --paper: #14161a; --card: #1e2127; --line: #3a404a; --good: #6fdc8c; --warn: #f5c26b;
    --bad: #ff9aa2; --link: #9ac1ff; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1rem; max-width: 72rem; font: 1rem/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); }
h1 { font-size: 1.6rem; margin: 0.5rem 0; } h2 { font-size: 1.2rem; margin: 1.6rem 0 0.5rem; } h3 { font-size: 1rem; margin: 1rem 0 0.25rem; }
p { margin: 0.25rem 0 0.75rem; } a { color: var(--link); } .soft { color: var(--soft); }
.good { color: var(--good); } .warn { color: var(--warn); } .bad { color: var(--bad); }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(20rem, 100%), 1fr)); gap: 1rem; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 0.5rem; padding: 0.75rem 1rem; min-width: 0; }
.wide { overflow-x: auto; } .wide:focus-visible, summary:focus-visible, a:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
table { border-collapse: collapse; width: 100%; font-size: 0.9rem; } caption { text-align: left; color: var(--soft); }
th, td { text-align: left; padding: 0.3rem 0.6rem 0.3rem 0; border-bottom: 1px solid var(--line); vertical-align: top; overflow-wrap: anywhere; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
code, pre { font: 0.85rem/1.4 ui-monospace, monospace; overflow-wrap: anywhere; } pre { white-space: pre-wrap; margin: 0.5rem 0; }
ul { padding-left: 1.2rem; margin: 0.25rem 0; } summary { cursor: pointer; padding: 0.4rem 0; } svg { width: 100%; height: auto; }
@media (max-width: 40rem) { body { padding: 0.75rem; } table { font-size: 0.85rem; } }
`;

/** What a page may have besides its main part. */
export interface PageParts {
  /** Rules after the common ones. */
  style?: string;
  /** Before the main part: a skip link, a header, navigation. */
  before?: Html;
  /** After the main part. */
  after?: Html;
}

/** A whole page. */
export function page(title: string, body: Html, { style = "", before, after }: PageParts = {}): string {
  return `${
    html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<title>${title}</title>
<link rel="icon" href="data:,">
<style>${new Html(STYLE + style)}</style>
</head>
<body>
${before}<main id="main">
${body}
</main>
${after}</body>
</html>`.text
  }\n`;
}

/** A table; the region scrolls by itself where it is too wide, also by keyboard. */
export function table(caption: string, head: readonly string[], rows: readonly (readonly Part[])[]): Html {
  return html`<div class="wide" role="region" tabindex="0" aria-label="${caption}"><table><caption>${caption}</caption>
<thead><tr>${head.map((text) => html`<th scope="col">${text}</th>`)}</tr></thead>
<tbody>${rows.map((row) => html`<tr>${row.map((cell) => html`<td>${cell}</td>`)}</tr>`)}</tbody></table></div>`;
}
