/**
 * Search, sort and "show more". `enhance` runs in the browser: it is sent there as source text together with the
 * functions it is given, so it uses nothing but its arguments and the page.
 */
import { formatCount } from '../core/format.ts';
import type { Community, PageData } from './data.ts';
import { html, type Markup } from './html.ts';
import { percent } from './numbers.ts';
import { createViews, type Kit, PAGE_SIZE, type Views } from './views.ts';

export function enhance(
  { count }: Kit,
  { community, communityBody, neighborhood, user }: Views,
  data: PageData,
  pageSize: number,
): void {
  const byId = (id: string) => document.getElementById(id);
  const listOf = (id: string) => {
    const list = byId(id);
    return {
      list,
      search: byId(`${id}-search`) as HTMLInputElement | null,
      status: byId(`${id}-status`),
      show(markup: readonly Markup[]) {
        if (list) list.innerHTML = markup.map((part) => part.markup).join('');
      },
    };
  };
  const wordsOf = (text: string) => text.toLowerCase().split(/\s+/).filter(Boolean);
  const matches = (text: string, words: readonly string[]) => words.every((word) => text.includes(word));
  for (const tools of document.querySelectorAll<HTMLElement>('.tools')) tools.hidden = false;

  const showCommunities = () => {
    const { list, search, status, show } = listOf('communities-list');
    const sort = byId('communities-list-sort') as HTMLSelectElement | null;
    const more = byId('communities-list-more') as HTMLButtonElement | null;
    if (!list || !search || !sort || !more || !status) return;
    const texts = new Map(
      data.communities.map((entry) => [
        entry,
        [entry.topic, entry.name, ...entry.members.map(([name]) => name), ...entry.also]
          .join('\n')
          .toLowerCase(),
      ]),
    );
    const titleOf = ({ topic, name }: Community) => (topic === '' ? `\uffff${name}` : `${topic}: ${name}`);
    const orders: Record<string, (a: Community, b: Community) => number> = {
      size: (a, b) => b.numMembers - a.numMembers,
      consumers: (a, b) => (b.numConsumers ?? 0) - (a.numConsumers ?? 0),
      affiliation: (a, b) => b.affiliation - a.affiliation,
      name: (a, b) => (titleOf(a) < titleOf(b) ? -1 : 1),
    };
    let found: Community[] = [...data.communities];
    let shown = Math.min(pageSize, found.length);
    const update = () => {
      more.hidden = shown >= found.length;
      more.textContent = `Show ${count(Math.min(pageSize, found.length - shown))} more`;
      status.textContent =
        found.length === 0
          ? 'No community has this in its name or among its members.'
          : `${count(shown)} of ${count(found.length)} shown`;
    };
    const restart = (least = pageSize) => {
      const words = wordsOf(search.value);
      const order = orders[sort.value] ?? orders['size'];
      found = data.communities
        .filter((entry) => matches(texts.get(entry) ?? '', words))
        .sort((a, b) => order(a, b) || b.numMembers - a.numMembers || a.id - b.id);
      shown = Math.min(least, found.length);
      show(found.slice(0, shown).map((entry) => community(entry, false)));
      update();
    };
    const fill = (details: HTMLDetailsElement) => {
      const entry = data.communities.find(({ id }) => String(id) === details.dataset['id']);
      const body = details.querySelector('.body');
      if (!entry || !body || 'filled' in details.dataset) return;
      body.innerHTML = communityBody(entry).markup;
      details.dataset['filled'] = '';
    };
    // A link to a community leads to it even when it is filtered out or not shown yet.
    const follow = () => {
      const id = /^#community-(\d+)$/.exec(location.hash)?.[1];
      if (id === undefined || !data.communities.some((entry) => String(entry.id) === id)) return;
      if (!byId(`community-${id}`)) {
        search.value = '';
        restart();
        const place = found.findIndex((entry) => String(entry.id) === id);
        if (place >= shown) restart(Math.ceil((place + 1) / pageSize) * pageSize);
      }
      const details = byId(`community-${id}`) as HTMLDetailsElement;
      fill(details);
      details.open = true;
      details.scrollIntoView({ block: 'start' });
      details.querySelector<HTMLElement>('summary')?.focus({ preventScroll: true });
    };
    list.addEventListener('toggle', (event) => fill(event.target as HTMLDetailsElement), true);
    search.addEventListener('input', () => restart());
    sort.addEventListener('change', () => restart());
    more.addEventListener('click', () => {
      const next = found.slice(shown, shown + pageSize);
      const first = list.children.length;
      list.insertAdjacentHTML('beforeend', next.map((entry) => community(entry, false).markup).join(''));
      shown += next.length;
      update();
      list.children[first]?.querySelector<HTMLElement>('summary')?.focus();
    });
    window.addEventListener('hashchange', follow);
    // The browser may bring back what was typed before a reload.
    if (search.value !== '' || sort.value !== 'size') restart();
    else update();
    follow();
  };

  /** A list that shows what was there at first until something is typed, then at most 24 entries that match. */
  const showFound = <T>(
    id: string,
    entries: readonly T[],
    textOf: (entry: T) => string,
    view: (entry: T) => Markup,
  ) => {
    const { list, search, status, show } = listOf(id);
    if (!list || !search || !status) return;
    const first = list.innerHTML;
    const most = 24;
    const restart = () => {
      const words = wordsOf(search.value);
      if (words.length === 0) {
        list.innerHTML = first;
        status.textContent = '';
        return;
      }
      const found = entries.filter((entry) => matches(textOf(entry).toLowerCase(), words));
      show(found.slice(0, most).map(view));
      const cut = found.length > most ? `, the first ${most} shown` : '';
      status.textContent =
        found.length === 0 ? 'None of those on this page.' : `${count(found.length)} found${cut}`;
    };
    search.addEventListener('input', restart);
    restart();
  };

  showCommunities();
  showFound('neighbors-list', data.neighborhoods, ({ name }) => name, neighborhood);
  const topicsOf = (clusters: readonly (readonly [number, number])[]) =>
    clusters.slice(0, 1).map(([cluster]) => `${data.labels[cluster]?.topic} ${data.labels[cluster]?.name}`);
  showFound(
    'users-list',
    data.users,
    ({ name, interests }) => [name, ...topicsOf(interests)].join('\n'),
    user,
  );
}

/** The script of the page, which finds its data in the element `report-data`. */
export function pageScript(): string {
  return `'use strict';
// Some loaders wrap functions in this.
const __name = (f) => f;
const kit = { html: ${html}, count: ${formatCount}, percent: ${percent} };
const data = JSON.parse(document.getElementById('report-data').textContent);
const largestCommunity = Math.max(1, ...data.communities.slice(0, 1).map((entry) => entry.numMembers));
const views = (${createViews})(kit, { labels: data.labels, largestCommunity });
(${enhance})(kit, views, data, ${PAGE_SIZE});
`;
}
