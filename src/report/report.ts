/** report.html of a model: one self-contained file. */
import { createHash } from 'node:crypto';
import { basename, join } from 'node:path';
import { formatBytes, formatCount } from '../core/format.ts';
import { writeFileAtomically } from '../io/atomic-file.ts';
import type { Manifest } from '../pipeline/manifest.ts';
import type { ModelReader } from '../pipeline/model-folder.ts';
import { changeSection } from './changes.ts';
import type { PageData, ReportData } from './data.ts';
import { gatherReport } from './gather.ts';
import { clip, html, jsonForHtml, type Markup, trusted } from './html.ts';
import { moveSection } from './moves.ts';
import { percent } from './numbers.ts';
import { flowSection, header, qualitySection } from './overview.ts';
import { pageScript } from './page-script.ts';
import { pageStyle } from './page-style.ts';
import { createViews, PAGE_SIZE, type Views } from './views.ts';

/** @returns the path of the file written */
export async function writeReport(model: ModelReader): Promise<string> {
  const path = join(model.folder, 'report.html');
  await writeFileAtomically(path, [Buffer.from(renderReport(model.manifest, gatherReport(model)))]);
  return path;
}

/** The page as text: the same for the same model. */
export function renderReport(manifest: Manifest, report: ReportData): string {
  const data: PageData = {
    communities: report.communities?.communities ?? [],
    neighborhoods: report.neighbors?.neighborhoods ?? [],
    users: report.users?.users ?? [],
    labels: report.users?.labels ?? {},
  };
  const views = createViews(
    { html, count: formatCount, percent },
    { labels: data.labels, largestCommunity: Math.max(1, data.communities[0]?.numMembers ?? 1) },
  );
  const sections = [
    { id: 'flow', name: 'Flow', body: flowSection(manifest) },
    { id: 'quality', name: 'Quality', body: qualitySection(manifest, report.communities) },
    { id: 'changes', name: 'Changes', body: changeSection(manifest, report.communities) },
    { id: 'communities', name: 'Communities', body: communitySection(report, views) },
    { id: 'neighbors', name: 'Similar producers', body: neighborSection(report, views) },
    { id: 'users', name: 'Interests', body: userSection(report, views) },
    { id: 'moves', name: 'Over time', body: moveSection(manifest, report.communities) },
  ].filter((section): section is typeof section & { body: Markup } => section.body !== undefined);
  const script = pageScript();
  const scriptHash = createHash('sha256').update(script).digest('base64');
  const policy = `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${scriptHash}'; img-src data:; base-uri 'none'; form-action 'none'`;
  return html`${trusted('<!doctype html>')}
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>SimClusters report: ${clip(manifest.modelVersion)}</title>
<link rel="icon" href="data:,">
<style>${trusted(pageStyle)}</style>
</head>
<body>
<a class="skip" href="#content">Skip to the content</a>
${header(manifest)}
<nav aria-label="Sections"><ul>${sections.map(({ id, name }) => html`<li><a href="#${id}">${name}</a></li>`)}</ul></nav>
<main id="content">
${sections.map(({ body }) => html`${body}\n`)}</main>
${footer(manifest)}
<script type="application/json" id="report-data">${trusted(jsonForHtml(data))}</script>
<script>${trusted(script)}</script>
</body>
</html>
`.markup;
}

function communitySection({ communities: section }: ReportData, { community }: Views): Markup | undefined {
  if (!section) return undefined;
  const { communities, leftOut } = section;
  const first = communities.slice(0, PAGE_SIZE);
  const search = html`<div class="tools" hidden><span><label for="communities-list-search">Search names and members</label><input id="communities-list-search" type="search" autocomplete="off" spellcheck="false"></span><span><label for="communities-list-sort">Sort by</label><select id="communities-list-sort"><option value="size">most producers</option><option value="consumers">most interested consumers</option><option value="affiliation">firmest members</option><option value="name">topic and name</option></select></span><p id="communities-list-status" class="status" role="status"></p></div>`;
  const body =
    communities.length === 0
      ? html`<p>No producer has a community: none of them shares followers with another.</p>`
      : html`<p>Named by their topics, where there are any, and by their most telling producers: those firmly affiliated and widely followed. Open one for its members, topics and items.</p>${search}<ul id="communities-list" class="communities">${first.map(
          (entry) => community(entry, true),
        )}</ul><button id="communities-list-more" class="more" type="button" hidden>Show more</button>${
          communities.length > first.length
            ? html`<noscript><p class="note">With JavaScript, this page also shows the other ${formatCount(communities.length - first.length)}.</p></noscript>`
            : undefined
        }`;
  return html`<section id="communities" aria-labelledby="communities-heading"><h2 id="communities-heading">Communities</h2>${body}${notes(leftOut)}</section>`;
}

function neighborSection({ neighbors }: ReportData, { neighborhood }: Views): Markup | undefined {
  if (!neighbors) return undefined;
  const { neighborhoods, numFeatured, leftOut } = neighbors;
  const body =
    neighborhoods.length === 0
      ? html`<p>No two producers share enough followers to be similar.</p>`
      : html`<p>Producers whose followers overlap most with those of a producer, by cosine: 1 means the very same followers. Shown first: widely followed producers of different communities.</p>${searchBox('neighbors-list', 'Search producers')}<ul id="neighbors-list" class="cards">${neighborhoods
          .slice(0, numFeatured)
          .map(neighborhood)}</ul>`;
  return html`<section id="neighbors" aria-labelledby="neighbors-heading"><h2 id="neighbors-heading">Similar producers</h2>${body}${notes(leftOut)}</section>`;
}

function userSection({ users: section }: ReportData, { user }: Views): Markup | undefined {
  if (!section) return undefined;
  const { users, numFeatured, leftOut } = section;
  const body =
    users.length === 0
      ? html`<p>No consumer has an interest: none follows a producer with a community.</p>`
      : html`<p>What consumers are interested in, from the communities of the producers they follow; follows of what everybody follows count less. Shown first: the most devoted users, each of another community.</p>${searchBox('users-list', 'Search users and their main interest')}<ul id="users-list" class="users">${users
          .slice(0, numFeatured)
          .map(user)}</ul>`;
  return html`<section id="users" aria-labelledby="users-heading"><h2 id="users-heading">Interests</h2>${body}${notes(leftOut)}</section>`;
}

function searchBox(id: string, label: string): Markup {
  return html`<div class="tools" hidden><span><label for="${id}-search">${label}</label><input id="${id}-search" type="search" autocomplete="off" spellcheck="false"></span><p id="${id}-status" class="status" role="status"></p></div>`;
}

function notes(leftOut: readonly string[]): Markup {
  return html`${leftOut.map((note) => html`<p class="note">${note}</p>`)}`;
}

const INPUTS_NAMED = 8;

function footer({ stages, seed, packageVersion, codeVersion, numThreads }: Manifest): Markup {
  const inputs = Object.values(stages).flatMap((record) => record.inputs);
  const named = inputs
    .slice(0, INPUTS_NAMED)
    .map(({ file, bytes }) => `${clip(basename(file))} (${formatBytes(bytes)})`);
  const more = inputs.length > named.length ? ` and ${inputs.length - named.length} more files` : '';
  return html`<footer><p>${
    named.length > 0 ? html`Made from ${named.join(', ')}${more}. ` : undefined
  }Seed ${clip(seed)}, ${numThreads} ${numThreads === 1 ? 'thread' : 'threads'}, simclusters ${packageVersion}, code ${codeVersion.slice(0, 8)}.</p></footer>`;
}
