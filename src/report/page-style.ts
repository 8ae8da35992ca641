/** The styles of the page: system fonts, light and dark. */
export const pageStyle = `
:root {
  color-scheme: light dark;
  --paper: #f8f8f5; --panel: #ffffff; --ink: #1b1f26; --muted: #59616d; --line: #dfe0da; --track: #e8e9e4; --rule: #b4b8b4;
  --accent: #2a58c9; --soft: #e9eefb; --s0: #0f766e; --s1: #7a3fd0; --s2: #2a58c9; --s3: #b04a08;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14161a; --panel: #1b1e24; --ink: #e9eaed; --muted: #a5adb9; --line: #30353e; --track: #2a2f38; --rule: #5a626f;
    --accent: #8fb2ff; --soft: #232c40; --s0: #63d0c0; --s1: #c6a8ff; --s2: #8fb2ff; --s3: #f3b07a;
  }
}
*, *::before, *::after { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; scroll-padding-top: 16px; }
body {
  margin: 0 auto; max-width: 1280px; padding: 0 24px; background: var(--paper); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
}
h1, h2, h3 { line-height: 1.2; letter-spacing: -0.015em; text-wrap: balance; }
h1 { margin: 0 0 16px; font-size: clamp(1.9rem, 5vw, 3rem); font-weight: 700; letter-spacing: -0.03em; max-width: 22ch; }
h2 { margin: 0 0 8px; font-size: 1.5rem; font-weight: 650; }
h3 { margin: 0; font-size: 1rem; font-weight: 650; overflow-wrap: anywhere; }
p { margin: 0 0 16px; max-width: 68ch; }
a { color: var(--accent); text-underline-offset: 2px; text-decoration-thickness: 1px; }
a, bdi { overflow-wrap: anywhere; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 4px; }
.skip { position: absolute; left: -999px; }
.skip:focus { left: 16px; top: 8px; padding: 4px 12px; background: var(--panel); z-index: 1; }
.number { font-variant-numeric: tabular-nums; white-space: nowrap; }
.meta, .note, .status, figcaption, footer { color: var(--muted); font-size: 0.875rem; }
.meta b { color: var(--ink); font-weight: 600; font-variant-numeric: tabular-nums; }

.top { padding: 56px 0 28px; }
.eyebrow { margin: 0 0 12px; color: var(--muted); font-size: 0.875rem; overflow-wrap: anywhere; }
.lede { font-size: 1.125rem; color: var(--muted); max-width: 62ch; }
.figures {
  display: grid; grid-template-columns: repeat(6, 1fr); gap: 1px; margin: 28px 0 16px; overflow: hidden;
  background: var(--line); border: 1px solid var(--line); border-radius: 12px;
}
.figures > div { padding: 16px 18px; background: var(--panel); }
.figures dt { color: var(--muted); font-size: 0.875rem; }
.figures dd { margin: 0; }
.figures b { display: block; font-size: 1.55rem; font-weight: 650; letter-spacing: -0.02em; line-height: 1.3; font-variant-numeric: tabular-nums; white-space: nowrap; }
.figures span { color: var(--muted); font-size: 0.8125rem; }
.preset { margin: 0; color: var(--muted); }
.preset b { color: var(--ink); }
nav { border-block: 1px solid var(--line); }
nav ul { display: flex; flex-wrap: wrap; gap: 4px 24px; margin: 0; padding: 10px 0; list-style: none; }
nav a { display: inline-block; padding: 4px 0; color: var(--ink); text-decoration: none; font-size: 0.9375rem; }
nav a:hover { text-decoration: underline; }
section { padding: 48px 0 8px; }
footer { margin-top: 40px; padding: 24px 0 48px; border-top: 1px solid var(--line); }
footer p { max-width: none; margin: 0; overflow-wrap: anywhere; }

svg { display: block; font: 12px system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
svg text { fill: var(--muted); font-variant-numeric: tabular-nums; }
svg .end { text-anchor: end; } svg .middle { text-anchor: middle; }
svg .fill { fill: var(--accent); } svg .track { fill: var(--track); }
.flow { max-width: 100%; height: auto; margin: 20px 0; }
.flow .box { fill: var(--panel); stroke: var(--line); }
.flow .name { font-weight: 650; fill: var(--ink); } .flow .strong { fill: var(--ink); font-weight: 600; }
.flow .line { fill: none; stroke: var(--muted); stroke-width: 1.25; opacity: 0.75; }
.flow .idle { stroke-dasharray: 3 4; }
.flow marker path { fill: var(--muted); }
.flow .skipped .box { fill: none; stroke: var(--muted); stroke-dasharray: 4 4; }
.flow .skipped .name { fill: var(--muted); font-weight: 500; }
.flow-wide .name { font-size: 11.5px; letter-spacing: -0.02em; } .flow-narrow { display: none; margin-inline: auto; }
.charts { display: grid; grid-template-columns: repeat(3, minmax(0, 1fr)); gap: 20px; margin: 20px 0; }
figure { margin: 0; padding: 18px 18px 16px; background: var(--panel); border: 1px solid var(--line); border-radius: 12px; }
figcaption { margin-top: 8px; line-height: 1.45; }
.chart { width: 100%; height: auto; margin-top: 10px; }
.chart .grid { stroke: var(--track); } .chart .base { stroke: var(--muted); }
.series path { fill: none; stroke-width: 2; stroke-linejoin: round; }
.series-0 { --c: var(--s0); } .series-1 { --c: var(--s1); } .series-2 { --c: var(--s2); } .series-3 { --c: var(--s3); }
.series path { stroke: var(--c); } .series circle { fill: var(--c); }
.series-1 path { stroke-dasharray: 5 3; } .series-3 path { stroke-dasharray: 2 3; }
.charts .label { font-weight: 600; }
.label-0 { fill: var(--s0) !important; } .label-1 { fill: var(--s1) !important; }
.label-2 { fill: var(--s2) !important; } .label-3 { fill: var(--s3) !important; }

.plain > summary { width: fit-content; color: var(--muted); font-size: 0.9375rem; cursor: pointer; }
.scroll { overflow-x: auto; margin-top: 12px; }
table { border-collapse: collapse; }
caption { padding-bottom: 6px; text-align: left; color: var(--muted); font-size: 0.875rem; }
th { text-align: left; font-weight: 400; } th.number, td.number { text-align: right; }
.grid { font-size: 0.875rem; background: var(--panel); border: 1px solid var(--line); }
.grid caption { font-weight: 600; }
.grid th, .grid td { padding: 7px 12px; border-top: 1px solid var(--line); }
.grid thead th { color: var(--muted); white-space: nowrap; }
.grid tbody th { font-weight: 600; white-space: nowrap; }

.tools { display: flex; flex-wrap: wrap; align-items: center; gap: 8px 12px; margin: 18px 0 14px; }
.tools[hidden] { display: none; }
.tools > span { display: flex; flex-wrap: wrap; align-items: center; gap: 8px 12px; max-width: 100%; }
.tools label { font-size: 0.9375rem; }
input, select, button { font: inherit; font-size: 1rem; color: inherit; background: var(--panel); border: 1px solid var(--muted); border-radius: 8px; }
input, select { height: 40px; max-width: 100%; padding: 0 12px; } input { width: 280px; }
.status { margin: 0; min-height: 1.4em; }
.more { display: block; margin: 20px auto 8px; padding: 9px 22px; cursor: pointer; }
.more[hidden] { display: none; } .more:hover { background: var(--soft); }
.note { margin: 14px 0 0; }

.communities, .cards, .users, .neighbors { margin: 0; padding: 0; list-style: none; }
.communities { background: var(--panel); border: 1px solid var(--line); border-radius: 12px; overflow: clip; }
.communities:empty { display: none; }
.communities > li + li { border-top: 1px solid var(--line); }
.communities summary {
  display: grid; grid-template-columns: minmax(0, 1fr) 220px 130px; gap: 4px 20px; align-items: center;
  padding: 10px 18px 10px 38px; position: relative; cursor: pointer; list-style: none;
}
.communities summary::-webkit-details-marker { display: none; }
.communities summary::before {
  content: ""; position: absolute; left: 18px; top: 18px; width: 7px; height: 7px;
  border: solid var(--muted); border-width: 0 1.5px 1.5px 0; transform: rotate(-45deg);
}
.communities details[open] summary::before { transform: rotate(45deg); top: 16px; }
.communities summary:hover, .communities details[open] > summary { background: var(--soft); }
.communities summary:focus-visible { outline-offset: -3px; border-radius: 10px; }
.topic { font-weight: 650; margin-right: 6px; } .names { color: var(--muted); } .alone { color: var(--ink); }
.size { display: grid; grid-template-columns: minmax(0, 1fr) 100px; gap: 12px; align-items: center; }
.communities .meta { text-align: right; white-space: nowrap; }
.bar { display: block; min-width: 24px; height: 5px; background: var(--track); border-radius: 3px; overflow: hidden; }
.bar i { display: block; height: 100%; background: var(--accent); border-radius: 3px; }
.body { display: grid; grid-template-columns: 3fr 2fr; gap: 24px 48px; padding: 16px 24px 24px 38px; }
.scores { width: 100%; table-layout: fixed; font-size: 0.9375rem; margin-bottom: 16px; }
.scores caption { color: var(--ink); font-weight: 650; }
.scores thead th { color: var(--muted); font-size: 0.8125rem; }
.scores th, .scores td { padding: 2px 0 2px 12px; vertical-align: middle; line-height: 1.4; }
.scores tr > :first-child { padding-left: 0; }
.scores thead .wide, .scores .wide { width: 26%; } .scores .number { width: 76px; }
.also { margin: 0; color: var(--muted); font-size: 0.875rem; max-width: none; } .also span { color: var(--ink); }

.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 320px), 1fr)); gap: 16px; }
.card { padding: 16px 18px; background: var(--panel); border: 1px solid var(--line); border-radius: 12px; }
.card .meta { margin: 2px 0 10px; }
.neighbors li { display: grid; grid-template-columns: minmax(0, 1fr) 24% 2.4em; gap: 10px; align-items: center; padding: 2px 0; font-size: 0.9375rem; line-height: 1.4; }
.neighbors .number { text-align: right; color: var(--muted); font-size: 0.875rem; }
.users { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 460px), 1fr)); gap: 24px 40px; }
.user p { margin: 8px 0 0; } .user a { color: inherit; text-decoration-color: var(--rule); } .user a:hover { text-decoration-color: currentColor; }
.user .name { font-size: 1.0625rem; } .user .number { color: var(--muted); }
.shares { display: flex; gap: 2px; height: 5px; background: var(--track); border-radius: 3px; overflow: hidden; }
.shares i { background: var(--accent); opacity: 0.35; } .shares i:first-child { opacity: 1; } .shares i:nth-child(2) { opacity: 0.6; }

@media (max-width: 1140px) {
  .flow-wide { display: none; } .flow-narrow { display: block; }
  .charts { grid-template-columns: repeat(auto-fill, minmax(min(100%, 320px), 1fr)); }
  .figures { grid-template-columns: repeat(3, 1fr); }
}
@media (max-width: 720px) {
  body { padding: 0 16px; }
  .top { padding-top: 32px; } section { padding-top: 36px; }
  .figures { grid-template-columns: repeat(2, 1fr); } .figures > div { padding: 12px 14px; } .figures b { font-size: 1.35rem; }
  .communities summary { display: flex; flex-wrap: wrap; column-gap: 14px; padding-right: 12px; }
  .communities .title { flex: 1 0 100%; }
  .communities .meta { text-align: left; } .size { grid-template-columns: 32px auto; gap: 10px; justify-content: start; }
  .body { grid-template-columns: minmax(0, 1fr); padding: 12px 14px 20px; }
  .scores { font-size: 0.875rem; } .scores thead th { font-size: 0.6875rem; } .scores .number { width: 66px; } .scores .known { width: 64px; } .scores thead .wide, .scores .wide { width: 56px; }
  .tools > span, input, select { width: 100%; }
}
@media print {
  .tools, nav, .more { display: none; }
}
`;
