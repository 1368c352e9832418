/** Rows as cards: the row's heading, then a line for each cell with its column's label in front. */
const cards = (table: string) => `
  ${table}, ${table} :is(caption, tbody, tbody th, td) { display: block; }
  ${table} thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  ${table} tbody tr { display: block; padding: .7rem 0; border-bottom: 1px solid var(--line); }
  ${table} tbody:last-child > tr:last-child { border-bottom: 0; padding-bottom: 0; }
  ${table} tr.group { padding: 1.25rem 0 .3rem; border-bottom-color: var(--line-strong); }
  ${table} tr > :is(th, td, .number) { border: 0; padding: .15rem 0; text-align: start; white-space: normal; }
  ${table} td:not(.note) { display: grid; grid-template-columns: minmax(5.5rem, 9rem) minmax(0, 1fr); column-gap: .75rem; }
  ${table} td:not(.note) > * { grid-column: 2; }
  ${table} td:not(.note)::before { content: attr(data-label); grid-column: 1; grid-row: 1 / span 4; font-size: .8125rem; color: var(--muted); }
  ${table} td.chart { display: block; width: auto; max-width: 22rem; padding: .3rem 0; }
  ${table} td.chart::before { content: none; }
  ${table} :is(td.chart:empty, td[data-none]) { display: none; }
  ${table} td.number small { margin: 0; max-width: none; }
  ${table} :is(td .status, .figure) { white-space: normal; }
  ${table} tr > th[scope=row] { padding-bottom: .3rem; }
`;

/** The page's style, in light and dark, narrow, wide and on paper. */
export const style = `
:root {
  color-scheme: light dark;
  --page: light-dark(#f5f5f2, #121316);
  --surface: light-dark(#ffffff, #1a1c20);
  --sunken: light-dark(#f8f8f6, #202328);
  --ink: light-dark(#1b1e23, #e9eaec);
  --muted: light-dark(#596069, #a3aab3);
  --line: light-dark(#e4e4df, #2d3137);
  --line-strong: light-dark(#9aa0a6, #6d747d);
  --accent: light-dark(#2a5db0, #86b0f4);
  --good: light-dark(#16714a, #58cb92);
  --bad: light-dark(#b0271f, #ff8f85);
  --caution: light-dark(#875800, #efb64a);
  --neutral: light-dark(#596069, #a3aab3);
  --gap: clamp(1rem, 2.2vw, 1.75rem);
  --sans: -apple-system, BlinkMacSystemFont, "Segoe UI", Roboto, "Helvetica Neue", "Liberation Sans", Arial, sans-serif;
  --mono: ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace;
}
:root[data-theme=light] { color-scheme: light; }
:root[data-theme=dark] { color-scheme: dark; }
*, ::before, ::after { box-sizing: border-box; }
html { scroll-behavior: smooth; scroll-padding-top: 1rem; -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--page); color: var(--ink); font: 400 .9375rem/1.5 var(--sans); overflow-wrap: anywhere; }
h1, h2, h3, p, ul, ol, dl, dd { margin: 0; padding: 0; }
ul, ol { list-style: none; }
a { color: var(--accent); text-underline-offset: .15em; }
code { font-family: var(--mono); font-size: .88em; }
small { display: block; font-size: .8125rem; line-height: 1.35; color: var(--muted); font-weight: 400; }
small.inline { display: inline; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 3px; }
main:focus { outline: none; }
.sheet { position: absolute; }
.visually-hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.skip { position: absolute; left: -99em; padding: .5rem .8rem; background: var(--surface); z-index: 2; }
.skip:focus { left: .5rem; top: .5rem; }

.page-head { display: flex; justify-content: space-between; align-items: center; gap: 1rem; padding: .9rem var(--gap); background: var(--surface); border-bottom: 1px solid var(--line); }
.page-head h1 { font-size: 1rem; font-weight: 650; letter-spacing: -.005em; }
.page-head p { font-size: .8125rem; color: var(--muted); }
button { font: inherit; color: inherit; cursor: pointer; }
.theme { font-size: .8125rem; padding: .3rem .7rem; background: none; border: 1px solid var(--line); border-radius: 999px; white-space: nowrap; }
.theme:hover { border-color: var(--line-strong); }

.layout { display: grid; gap: var(--gap); padding: var(--gap); max-width: 100rem; margin: 0 auto; }
.layout > * { min-width: 0; }
nav { font-size: .8125rem; }
nav a { display: flex; align-items: baseline; gap: .45rem; padding: .22rem .5rem; color: var(--muted); text-decoration: none; border-radius: 5px; }
nav a > span { min-width: 0; }
nav a:hover { color: var(--ink); background: color-mix(in srgb, var(--line) 55%, transparent); }
nav > ol > li > a { color: var(--ink); font-weight: 600; }
nav > ol { display: flex; flex-wrap: wrap; gap: .2rem .3rem; }
nav > ol > li { min-width: 0; }
nav ol ol { display: none; }
nav .icon { transform: translateY(.15em); }
@media (min-width: 75rem) {
  .layout { grid-template-columns: 13.5rem minmax(0, 1fr); }
  nav > ol { position: sticky; top: var(--gap); display: block; max-height: calc(100vh - 2 * var(--gap)); overflow-y: auto; }
  nav > ol > li { margin-bottom: .35rem; }
  nav ol ol { display: block; border-left: 1px solid var(--line); margin: .1rem 0 .5rem .9rem; padding-left: .35rem; }
}

main { display: grid; gap: var(--gap); }
main > *, .experiment > * { min-width: 0; }
.experiment { display: grid; gap: var(--gap); }
h2 { font-size: 1.375rem; font-weight: 650; letter-spacing: -.012em; line-height: 1.25; }
h2 .kicker { display: block; font-size: .75rem; font-weight: 600; letter-spacing: .04em; color: var(--muted); margin-bottom: .1rem; }
.card { background: var(--surface); border: 1px solid var(--line); border-radius: 10px; padding: var(--gap); }
.card > h2, .card > h3 { font-size: 1.0625rem; font-weight: 650; letter-spacing: -.005em; margin-bottom: .5rem; }
.lede { color: var(--muted); max-width: 46rem; margin-bottom: 1rem; }
.fine { color: var(--muted); font-size: .8125rem; max-width: 52rem; margin-top: .75rem; }

.icon { width: 1em; height: 1em; flex: none; fill: currentColor; stroke: none; overflow: visible; }
.icon path:not(.body), symbol path:not(.body) { fill: none; stroke: var(--surface); stroke-width: 1.9; stroke-linecap: round; stroke-linejoin: round; }
.good { --tone: var(--good); } .bad { --tone: var(--bad); } .caution { --tone: var(--caution); } .neutral { --tone: var(--neutral); }
.icon.good, .icon.bad, .icon.caution, .icon.neutral { color: var(--tone); }
.status { display: inline-flex; align-items: baseline; gap: .4em; color: var(--tone); font-weight: 600; }
.status .icon { transform: translateY(.12em); }
td .status { white-space: nowrap; }

.card-verdict { padding: 0; border: 0; background: none; }
.card-verdict > h3 { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); margin: 0; }
div.verdict { display: grid; background: var(--surface); border: 1px solid var(--line); border-top: 4px solid var(--tone); border-radius: 10px; overflow: hidden; }
.verdict-text { padding: calc(var(--gap) * 1.1) var(--gap); }
.verdict-action { display: flex; align-items: baseline; gap: .4em; font-size: clamp(1.75rem, 4.2vw, 2.5rem); font-weight: 700; letter-spacing: -.022em; line-height: 1.15; color: var(--tone); }
.verdict-action .icon { width: .8em; height: .8em; transform: translateY(.04em); }
.verdict-rule { font-size: 1.125rem; line-height: 1.45; margin-top: .6rem; max-width: 40rem; text-wrap: pretty; }
.verdict-reason { margin-top: 1rem; max-width: 44rem; }
.reasons { margin-top: .4rem; display: grid; gap: .4rem; max-width: 44rem; color: var(--muted); }
.verdict-numbers { padding: calc(var(--gap) * 1.1) var(--gap); background: var(--sunken); border-top: 1px solid var(--line); }
.hero-label { font-size: .8125rem; color: var(--muted); }
.hero-number { font-size: 2rem; font-weight: 650; letter-spacing: -.02em; line-height: 1.2; font-variant-numeric: tabular-nums; }
.hero-detail { font-size: .875rem; font-variant-numeric: tabular-nums; }
.hero-chart { margin: .6rem 0 0 -.4rem; max-width: 18rem; }
.hero-chart .chart { display: block; width: 100%; height: auto; }
.figures { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: .75rem var(--gap); align-content: start; margin: 0 var(--gap); padding: .9rem 0 calc(var(--gap) * 1.1); border-top: 1px solid var(--line); font-size: .875rem; }
.hero-figures { display: grid; grid-template-columns: repeat(2, 1fr); gap: .5rem 1rem; margin-top: 1rem; padding-top: .9rem; border-top: 1px solid var(--line); font-size: .875rem; font-variant-numeric: tabular-nums; }
time { white-space: nowrap; }
.split { display: grid; gap: .6rem; margin-top: .6rem; font-size: .875rem; font-variant-numeric: tabular-nums; }
.split dt { font-size: .75rem; }
.hero-figures dt { font-size: .75rem; }
.figures .icon { transform: translateY(.12em); }
.figures dt { font-size: .75rem; }
dt { color: var(--muted); }
@media (min-width: 60rem) {
  div.verdict:has(.verdict-numbers) { grid-template: auto 1fr / minmax(0, 1fr) 21rem; }
  .verdict-numbers { grid-area: 1 / 2 / span 2; border-top: 0; border-left: 1px solid var(--line); }
}

table { width: 100%; border-collapse: collapse; font-size: .875rem; line-height: 1.4; }
* + table, table + * { margin-top: 1.5rem; }
h2 + table, h3 + table, .filter + table, summary + table { margin-top: .25rem; }
caption { text-align: start; font-size: .8125rem; color: var(--muted); padding-bottom: .6rem; max-width: 52rem; }
th { font-weight: 400; text-align: start; }
th, td { padding: .55rem .75rem .55rem 0; vertical-align: top; border-bottom: 1px solid var(--line); }
th:last-child, td:last-child { padding-inline-end: 0; }
:where(.number) + :is(th, td):not(:where(.number, .chart)) { padding-inline-start: 1rem; }
thead th { font-size: .75rem; font-weight: 600; color: var(--muted); vertical-align: bottom; border-bottom-color: var(--line-strong); padding-block: .35rem; white-space: nowrap; }
tbody th { min-width: 6rem; }
tr.group > th { font-size: .8125rem; font-weight: 650; padding-top: 1.1rem; border-bottom-color: var(--line); color: var(--ink); }
tbody:last-child > tr:last-child > * { border-bottom: 0; }
th.number, td.number { text-align: end; font-variant-numeric: tabular-nums; white-space: nowrap; overflow-wrap: normal; }
td.number small { white-space: nowrap; }
th small { white-space: normal; overflow-wrap: anywhere; }
.figure { font-variant-numeric: tabular-nums; white-space: nowrap; }
th.chart, td.chart { padding-block: 0; padding-inline-start: .5rem; min-width: 11rem; width: 14.5rem; vertical-align: middle; }
th.chart .head { display: block; }
.results .chart + th { padding-inline-start: .9rem; }
.chart svg, svg.chart { display: block; width: 100%; height: auto; overflow: visible; }
svg.chart { font: 500 11.5px var(--sans); text-anchor: middle; font-variant-numeric: tabular-nums; }
svg.chart text { fill: var(--muted); }
svg.chart :is(.zero, .interval, .ends, .margin) { fill: none; }
.chart .zero { stroke: var(--line-strong); }
.chart .interval { stroke: var(--tone); stroke-width: 2.5; }
.chart .outer { fill: none; stroke: var(--tone); stroke-width: 1; }
.chart .ends { stroke: var(--tone); stroke-width: 1.5; }
.chart .beyond { fill: color-mix(in srgb, var(--bad) 13%, transparent); }
.chart .margin { stroke: var(--bad); stroke-dasharray: 3 2; }
.chart :is(circle, .estimate) { fill: var(--tone); stroke: var(--tone); stroke-width: 2; }
.chart.neutral circle { fill: var(--surface); }
.bar rect { fill: var(--accent); }
.bar.removed rect { fill: var(--caution); }
.bar.part rect { fill: var(--neutral); }
.bar.control rect { fill: color-mix(in srgb, var(--neutral) 22%, var(--surface)); stroke: var(--neutral); }
td.note { color: var(--muted); font-style: italic; }
.step.removed, .step.part { padding-inline-start: 1.1rem; color: var(--muted); display: inline-block; }
.step.total { font-weight: 600; }
.examples { display: grid; gap: .2rem; }
.raw { white-space: pre-wrap; background: var(--sunken); border: 1px solid var(--line); border-radius: 4px; padding: .05rem .3rem; }

.plots { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 25rem), 1fr)); gap: 1.5rem var(--gap); }
.plot { margin: 0; }
.plot > .chart { margin: .4rem 0 .3rem; max-width: 38rem; }
.plot figcaption, .trend { font-size: .875rem; }
.trend .icon { transform: translateY(.12em); }
.plot details { margin-top: .5rem; padding-top: .5rem; }
small.rough { color: var(--caution); }
.rough .icon { transform: translateY(.12em); }
.ratio { margin-inline-end: .75rem; }
.plot table { font-size: .8125rem; }
.plot :is(td.number, td.number small) { white-space: normal; }

.warnings { display: grid; gap: .45rem; margin-top: 1.25rem; font-size: .875rem; }
.warnings li, .notice { display: flex; gap: .55rem; align-items: baseline; }
.warnings .icon, .notice .icon { transform: translateY(.12em); }
.notice { padding: .6rem .8rem; margin-bottom: 1rem; border-radius: 6px; background: color-mix(in srgb, var(--tone, var(--neutral)) 9%, var(--surface)); }
.settings { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 22rem), 1fr)); column-gap: 2.5rem; font-size: .875rem; }
.settings > div { display: grid; grid-template-columns: 9rem minmax(0, 1fr); gap: .75rem; padding: .4rem 0; border-bottom: 1px solid var(--line); }
.method-list { display: grid; gap: .5rem; margin-top: 1.25rem; max-width: 52rem; font-size: .875rem; color: var(--muted); }
.method-list li { padding-inline-start: 1rem; text-indent: -1rem; }
.method-list li::before { content: "–"; display: inline-block; width: 1rem; text-indent: 0; }
details { margin-top: 1.25rem; border-top: 1px solid var(--line); padding-top: .9rem; }
summary { cursor: pointer; font-weight: 600; font-size: .875rem; }
details > table + table, details > .filter { margin-top: 2rem; }

.sort { background: none; border: 0; padding: 0; font-weight: inherit; }
.sort::after { content: "↕"; font-size: .85em; margin-inline-start: .25em; opacity: .4; }
[aria-sort=ascending] .sort::after { content: "↑"; opacity: 1; }
[aria-sort=descending] .sort::after { content: "↓"; opacity: 1; }
.sort:hover, .explained:hover { color: var(--ink); }
.explained { text-decoration: underline dotted; text-underline-offset: .25em; text-decoration-color: var(--line-strong); cursor: help; }
button.explained { cursor: pointer; }
.tip { position: absolute; z-index: 3; max-width: 20rem; padding: .5rem .7rem; font-size: .8125rem; line-height: 1.4; background: var(--ink); color: var(--surface); border-radius: 6px; pointer-events: none; }
.filter { display: flex; flex-wrap: wrap; align-items: center; gap: .6rem; margin: 0 0 1rem; font-size: .8125rem; color: var(--muted); }
.filter input { font: inherit; color: var(--ink); background: var(--surface); border: 1px solid var(--line-strong); border-radius: 6px; padding: .3rem .55rem; min-width: 0; width: 15rem; }
[hidden] { display: none !important; }

/* By the width of the card: intervals break into two lines, then tables of many columns become cards, then all. */
@media screen {
.card { container-type: inline-size; }
@container (max-width: 70rem) {
  .results :is(th, td) { padding-inline-end: .55rem; }
  .results td.number small { white-space: normal; max-width: 8.5rem; margin-inline-start: auto; }
  .results :is(th, td).chart { min-width: 10.5rem; width: 12rem; }
  .distribution :is(th, td).chart { min-width: 5rem; width: auto; }
}
@container (max-width: 47rem) {${cards('.results')}}
@container (max-width: 36rem) {${cards('table')}}
}
@media (max-width: 30rem) {
  .settings > div { grid-template-columns: minmax(0, 1fr); gap: 0; }
  .figures { grid-template-columns: minmax(0, 1fr); }
  .page-head { align-items: flex-start; }
}
@media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } }

@page { size: A4; margin: 13mm 12mm 15mm; }
@media print {
  :root, :root[data-theme] { color-scheme: only light; --page: #fff; --sunken: #fff; --gap: .8rem; }
  html { font-size: 11.5px; }
  body { background: #fff; -webkit-print-color-adjust: exact; print-color-adjust: exact; }
  nav, .skip, #tools, .filter, .tip { display: none; }
  .page-head, .layout { padding: 0 0 .6rem; }
  .layout, main, .experiment { display: block; }
  .card { border: 0; border-top: 1px solid var(--line); border-radius: 0; padding: .9rem 0; }
  .experiment + .experiment { break-before: page; }
  .experiment > h2 { margin: .8rem 0; }
  .card-verdict { padding-bottom: .9rem; border-top: 0; }
  div.verdict { break-inside: avoid; }
  div.verdict:has(.verdict-numbers) { grid-template: auto 1fr / minmax(0, 1fr) 19rem; }
  .verdict-numbers { grid-area: 1 / 2 / span 2; border-top: 0; border-left: 1px solid var(--line); }
  h2, h3, caption, thead, tr.group { break-after: avoid; break-inside: avoid; }
  thead { display: table-header-group; }
  tr, li, .plot > .chart, .settings > div { break-inside: avoid; }
  .plots { grid-template-columns: 1fr 1fr; }
  table { font-size: .8125rem; }
  table:not(.results) { break-inside: avoid; }
  th, td { padding-block: .35rem; padding-inline-end: .5rem; }
  :where(.number) + :is(th, td):not(:where(.number, .chart)) { padding-inline-start: .5rem; }
  small { font-size: .72rem; }
  th.chart, td.chart { min-width: 9rem; width: 12rem; }
  .results td.number small { white-space: normal; max-width: 8.5rem; margin-inline-start: auto; }
  .sort { display: contents; }
  .sort::after { content: none; }
  .explained { text-decoration: none; }
  details.numbers { display: none; }
  details::details-content { content-visibility: visible; display: block; height: auto; }
  summary { list-style: none; }
  a { color: inherit; text-decoration: none; }
}
`;
