/** The explorer as one HTML page: with an atlas it needs nothing else, without it asks the server it came from. */
import { html, jsonForHtml, trusted } from '../report/html.ts';
import { percent } from '../report/numbers.ts';
import { pageStyle } from '../report/page-style.ts';
import type { Atlas } from './atlas.ts';
import { explore } from './page-script.ts';
import { fromAtlas, fromServer } from './page-source.ts';

const style = `
.explorer { display: grid; grid-template-columns: minmax(0, 3fr) minmax(0, 2fr); gap: 32px; padding: 24px 0 48px; }
@media (max-width: 820px) { .explorer { grid-template-columns: minmax(0, 1fr); } }
#map svg { width: 100%; height: auto; border: 1px solid var(--line); border-radius: 12px; background: var(--panel); }
#map line { stroke: var(--line); stroke-width: 2; }
#map circle { fill: var(--accent); fill-opacity: 0.75; }
#map a:hover circle { fill-opacity: 1; }
#map a:focus { outline: none; }
#map a:focus-visible circle, #map a[aria-current] circle { stroke: var(--ink); stroke-width: 5; fill-opacity: 1; }
input { font: inherit; padding: 6px 10px; width: 100%; max-width: 32rem; color: inherit; background: var(--panel); border: 1px solid var(--rule); border-radius: 6px; }
ol, ul { padding-left: 1.4rem; margin: 4px 0 16px; }
li { overflow-wrap: anywhere; }
h2:focus { outline: none; }
#token { margin: 16px 0; }
`;

/** Forgets the token with the page: it is kept in no storage. Sent to the page as source text. */
function askToken(): Promise<string> {
  const form = document.getElementById('token') as HTMLFormElement;
  const input = form.querySelector('input') as HTMLInputElement;
  form.hidden = false;
  input.focus();
  return new Promise((resolve) => {
    const submitted = (event: Event) => {
      event.preventDefault();
      form.removeEventListener('submit', submitted);
      form.hidden = true;
      resolve(input.value);
    };
    form.addEventListener('submit', submitted);
  });
}

function script(hasAtlas: boolean): string {
  const source = hasAtlas
    ? `(${fromAtlas})(JSON.parse(document.getElementById('atlas').textContent))`
    : `(${fromServer})(${askToken})`;
  return `'use strict';
// Some loaders wrap functions in this.
const __name = (f) => f;
(${explore})({ html: ${html}, percent: ${percent} }, ${source});
`;
}

/** @param title  for example the model version */
export async function explorerPage(title: string, atlas?: Atlas): Promise<string> {
  const code = script(atlas !== undefined);
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(code));
  const hash = btoa(String.fromCharCode(...new Uint8Array(digest)));
  const policy = `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${hash}'; connect-src ${atlas ? "'none'" : "'self'"}; img-src data:; base-uri 'none'; form-action 'none'`;
  return html`${trusted('<!doctype html>')}
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>SimClusters explorer: ${title}</title>
<link rel="icon" href="data:,">
<style>${trusted(pageStyle + style)}</style>
</head>
<body>
<a class="skip" href="#search">Skip to the search</a>
<header class="top"><p class="eyebrow">SimClusters <bdi>${title}</bdi></p><h1>Explorer</h1></header>
<form id="token" hidden><label for="token-input">Token</label> <input id="token-input" type="password" autocomplete="off" required> <button>Use it</button></form>
<main class="explorer">
<div>
<label for="search">Search producers and items</label>
<input id="search" type="search" autocomplete="off" spellcheck="false">
<p id="status" class="status" role="status"></p>
<ul id="results" aria-label="Found"></ul>
<div id="map"></div>
<p id="left-out" class="note"></p>
<details><summary>The communities as a list</summary><ul id="list"></ul></details>
</div>
<section id="detail" aria-label="Chosen"><p class="meta">Choose a community on the map, or search.</p></section>
</main>
<noscript><p>The explorer needs JavaScript.</p></noscript>
${atlas ? html`<script type="application/json" id="atlas">${trusted(jsonForHtml(atlas))}</script>` : undefined}
<script>${trusted(code)}</script>
</body>
</html>
`.markup;
}
