// The rules of the report's page, after those that all pages share. Every pair of colours has a contrast of 4.5 or more.

/** Custom properties, light and then dark. */
const PALETTE = `
:root { --paper: #f7f6f3; --card: #fff; --ink: #1b2228; --soft: #56616b; --line: #dfdcd4; --faint: #efece6; --link: #0b5c87;
  --good: #1a6638; --good-wash: #e4f2e8; --warn: #7d4a00; --warn-wash: #fcefd6; --bad: #a3161f; --bad-wash: #fce6e6;
  --note: #41586b; --note-wash: #e8eef3; --env0: #1f6a86; --env0-wash: #e0eff4; --env1: #6a4593; --env1-wash: #eee7f6; --cut: #fff; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #11151a; --card: #191f26; --ink: #e9ecef; --soft: #aab4bf; --line: #2f3842; --faint: #222a33; --link: #86c5ea;
    --good: #7fd49b; --good-wash: #163122; --warn: #f2bf6a; --warn-wash: #352810; --bad: #ff9c9f; --bad-wash: #3c1a1d;
    --note: #a9c1d4; --note-wash: #1e2b36; --env0: #7cc6df; --env0-wash: #143038; --env1: #c6a8ec; --env1-wash: #2b2140; --cut: #11151a; }
}`;

const FRAME = `
body { max-width: 80rem; padding: 0 1.25rem 3rem; line-height: 1.5; }
h1, h2, h3 { line-height: 1.2; text-wrap: balance; }
.skip { position: absolute; left: -200vw; } .skip:focus { left: 1rem; top: 1rem; background: var(--card); padding: 0.6rem 1rem; border-radius: 0.5rem; z-index: 1; }
a:focus-visible, summary:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; border-radius: 3px; }
.top { padding: 2.5rem 0 1.25rem; } .eyebrow { color: var(--soft); font-weight: 600; letter-spacing: 0.04em; margin: 0 0 0.75rem; }
h1 { font-size: clamp(1.45rem, 1rem + 2.1vw, 2.3rem); font-weight: 680; letter-spacing: -0.015em; margin: 0.5rem 0 0.75rem; max-width: 30em; overflow-wrap: anywhere; }
.top .mark { font-weight: 650; } .meta { color: var(--soft); margin: 0; font-size: 0.92rem; }
nav ul { list-style: none; display: flex; flex-wrap: wrap; gap: 0.35rem 1.1rem; padding: 0.75rem 0; margin: 0; border-block: 1px solid var(--line); }
nav a { display: inline-block; padding: 0.25rem 0; } nav a, footer a { text-underline-offset: 0.2em; text-decoration-thickness: 1px; }
h2 + .pair, h2 + .box { margin-top: 0.9rem; } section { margin-top: 2.75rem; scroll-margin-top: 1rem; } h2 { font-size: 1.4rem; font-weight: 660; letter-spacing: -0.01em; margin: 0 0 0.35rem; }
h3 { font-size: 1.05rem; margin: 0 0 0.75rem; } h4 { font-size: 0.95rem; margin: 1rem 0 0.4rem; } .lead { color: var(--soft); margin: 0 0 1rem; max-width: 70ch; text-wrap: pretty; }
.pair { grid-template-columns: repeat(auto-fit, minmax(min(26rem, 100%), 1fr)); gap: 1.25rem; } figure { margin: 0; }
.card { border-radius: 0.75rem; padding: 1.1rem 1.25rem; border-top: 3px solid var(--line); } .card.env0 { border-top-color: var(--env0); } .card.env1 { border-top-color: var(--env1); }
.tag { display: inline-block; font-weight: 650; padding: 0.08rem 0.6rem; border-radius: 1rem; } .tag.env0 { color: var(--env0); background: var(--env0-wash); } .tag.env1 { color: var(--env1); background: var(--env1-wash); }
footer { margin-top: 3rem; padding-top: 1rem; border-top: 1px solid var(--line); color: var(--soft); font-size: 0.9rem; }
details { margin-top: 0.75rem; } summary { font-weight: 600; color: var(--link); padding: 0.5rem 0; } code { font-size: 0.86em; }
p { overflow-wrap: anywhere; } .under { color: var(--soft); font-size: 0.85rem; margin: 0.5rem 0 0; }`;

const PARTS = `
.mark { display: inline-flex; align-items: baseline; gap: 0.4em; } .mark.note { color: var(--note); } .mark.off { color: var(--soft); }
svg.shape { width: 0.95em; height: 0.95em; flex: none; transform: translateY(0.1em); fill: currentColor; } .cut { fill: none; stroke: var(--cut); stroke-width: 1.9; stroke-linecap: round; stroke-linejoin: round; } .hollow { fill: none; stroke: currentColor; stroke-width: 1.6; stroke-dasharray: 3 2; }
.badge { padding: 0.25rem 0.8rem; border-radius: 2rem; } .badge.good { background: var(--good-wash); } .badge.warn { background: var(--warn-wash); } .badge.bad { background: var(--bad-wash); }
.cmd { display: inline-block; background: var(--faint); border: 1px solid var(--line); border-radius: 0.4rem; padding: 0.1rem 0.5rem; color: var(--ink); } .cmd::before { content: "$ "; color: var(--soft); }
.todo { color: var(--soft); } .missing { margin: 0.25rem 0; } .said { white-space: pre-line; }
.problems { list-style: none; padding: 0; margin: 0.75rem 0 0; display: grid; gap: 0.6rem; } .problems li { display: grid; grid-template-columns: 9.5rem 1fr; gap: 0.15rem 1rem; padding: 0.8rem 1rem; border-radius: 0.6rem; background: var(--card); border: 1px solid var(--line); border-left: 4px solid; }
.problems .bad-item { border-left-color: var(--bad); } .problems .warn-item { border-left-color: var(--warn); } .problems .note-item { border-left-color: var(--note); } .problems p { margin: 0; min-width: 0; } .problems .fix { grid-column: 2; margin-top: 0.2rem; font-size: 0.93rem; }
.facts { display: grid; grid-template-columns: minmax(6.5rem, max-content) 1fr; gap: 0.4rem 1rem; margin: 0; } .facts dt { color: var(--soft); } .facts dd { margin: 0; min-width: 0; overflow-wrap: anywhere; }
.grid { font-size: 0.92rem; } .grid caption { padding-bottom: 0.4rem; font-size: 0.88rem; } .grid th { font-weight: 600; } .grid thead th { color: var(--soft); font-size: 0.85rem; } .grid th, .grid td { padding: 0.45rem 1rem 0.45rem 0; } .grid tr > :last-child { padding-right: 0; } .grid .number { text-align: right; font-variant-numeric: tabular-nums; } .grid .mark, .keep { white-space: nowrap; } .grid .mark span { overflow-wrap: normal; } .grid .name { font-weight: 400; color: var(--soft); } .box { background: var(--card); border: 1px solid var(--line); border-radius: 0.75rem; padding: 1rem 1.25rem; }
.bars { display: grid; gap: 1.4rem; } .bar { display: flex; height: 1.1rem; border-radius: 0.35rem; background: var(--faint); border: 1px solid var(--line); overflow: hidden; position: relative; margin: 0.35rem 0; } .bar i { display: block; height: 100%; } .bar .env0 { background: var(--env0); } .bar .env1 { background: repeating-linear-gradient(-45deg, var(--env1) 0 5px, color-mix(in srgb, var(--env1) 62%, var(--card)) 5px 9px); } .bar b { position: absolute; top: 0; bottom: 0; width: 3px; background: var(--bad); }
.amount { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 0 1rem; } .amount strong { font-weight: 650; } .key { display: flex; flex-wrap: wrap; gap: 0.2rem 1.2rem; color: var(--soft); font-size: 0.88rem; margin: 0; padding: 0; list-style: none; } .key i { display: inline-block; width: 0.8rem; height: 0.8rem; border-radius: 0.2rem; margin-right: 0.4rem; vertical-align: -0.08rem; } .key b { display: inline-block; width: 3px; height: 0.8rem; background: var(--bad); margin: 0 0.7rem 0 0.3rem; vertical-align: -0.08rem; } .key .env0 { background: var(--env0); } .key .env1 { background: repeating-linear-gradient(-45deg, var(--env1) 0 3px, color-mix(in srgb, var(--env1) 62%, var(--card)) 3px 6px); }
.sum { font-size: 1.5rem; font-weight: 660; letter-spacing: -0.01em; margin: 0 0 0.5rem; font-variant-numeric: tabular-nums; }
pre.example { background: var(--faint); border: 1px solid var(--line); border-radius: 0.5rem; padding: 0.75rem 1rem; }`;

const DRAWING = `
.topology { display: block; margin: 0 auto; font: 12px system-ui, sans-serif; } .topology text { text-anchor: middle; fill: var(--ink); } .topology .place { text-anchor: start; fill: var(--soft); font-size: 11px; } .topology .volume .name { font-weight: 400; font-size: 12px; } .topology .name { font-weight: 650; font-size: 13px; } .topology .detail, .topology text.soft { fill: var(--soft); font-size: 11.5px; } .topology text.good { fill: var(--good); } .topology text.warn { fill: var(--warn); font-weight: 650; } .topology text.bad { fill: var(--bad); font-weight: 650; } .topology text.off { fill: var(--soft); }
.topology svg.shape { width: 12px; height: 12px; transform: none; } svg.shape.good { color: var(--good); } svg.shape.bad { color: var(--bad); } svg.shape.off { color: var(--soft); }
.node .body { fill: var(--card); stroke: var(--soft); stroke-width: 1.2; } .node .bow { fill: none; stroke: var(--soft); stroke-width: 1.2; } .node.gateway .body, .node.service .body { stroke-width: 1.8; } .env0 .node.gateway .body, .env0 .node.service .body { stroke: var(--env0); fill: var(--env0-wash); } .env1 .node.gateway .body, .env1 .node.service .body { stroke: var(--env1); fill: var(--env1-wash); } .node.outside .body, .node.volume .body { fill: var(--faint); } .card .node.wrong .body { stroke: var(--warn); stroke-width: 2.4; } .node.ghost .body { fill: none; stroke-dasharray: 4 4; }
.boundary { fill: none; stroke: var(--soft); stroke-width: 1.2; stroke-dasharray: 6 4; } .edge { fill: none; stroke: var(--soft); stroke-width: 1.4; } .arrow { fill: var(--soft); }`;

const SMALL = `
@media (max-width: 46rem) {
  body { padding: 0 0.75rem 2rem; } .top { padding-top: 1.5rem; } .card, .box { padding: 0.9rem; } figure.card { padding-inline: 0.4rem; } figure.card > :not(svg) { margin-inline: 0.5rem; } .problems li { grid-template-columns: 1fr; padding: 0.75rem; } .problems .fix { grid-column: 1; }
  .facts { grid-template-columns: 1fr; gap: 0; } .facts dd { margin-bottom: 0.6rem; } nav a { padding: 0.45rem 0; } .cmd { padding: 0.25rem 0.5rem; }
  .grid, .grid tbody, .grid tr, .grid th, .grid td, .grid caption { display: block; } .grid thead { position: absolute; left: -200vw; } .grid tr { border-bottom: 1px solid var(--line); padding: 0.6rem 0; } .grid th, .grid td { border: 0; padding: 0.1rem 0; } .grid .number { text-align: left; } .grid td:not(:empty)::before { content: attr(data-name) " "; color: var(--soft); } .grid td[data-name=""]::before { content: none; }
}
@media print { nav, .skip { display: none; } body { max-width: none; } section { break-inside: avoid; } }`;

/** The whole sheet. */
export const STYLE = PALETTE + FRAME + PARTS + DRAWING + SMALL;
