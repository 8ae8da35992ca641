/**
 * The explorer in the browser. `explore` is sent there as source text with what it is given, so it uses nothing but its arguments and
 * the page. Places are addresses (#community/7, #producer/id): links, the back button and bookmarks work by themselves.
 */
import type { html, Markup } from '../report/html.ts';
import type { CommunityMap } from './map.ts';
import type { Source } from './page-source.ts';
import type { EntityKind } from './portraits.ts';

export interface Kit {
  readonly html: typeof html;
  readonly percent: (share: number) => string;
}

export function explore({ html, percent }: Kit, source: Source): void {
  const byId = (id: string) => document.getElementById(id) as HTMLElement;
  const show = (place: HTMLElement, { markup }: Markup) => {
    place.innerHTML = markup;
  };
  const [detail, results, status, search] = ['detail', 'results', 'status', 'search'].map(byId);
  const address = (kind: string, id: string | number) => `#${kind}/${encodeURIComponent(id)}`;
  const nameOf = (name: string, clusterId: number) => name || `community ${clusterId}`;
  const linkTo = (kind: string, id: string | number, text: string) =>
    html`<a href="${address(kind, id)}"><bdi>${text === '' ? '(empty id)' : text}</bdi></a>`;
  const short = (score: number) => score.toPrecision(2);

  const showCommunity = async (clusterId: number) => {
    const found = await source.community(clusterId);
    if (!found) return html`<h2 tabindex="-1">Nothing is known of community ${clusterId}</h2>`;
    const list = (kind: EntityKind, entries: readonly { id: string; score: number }[]) =>
      entries.map(
        ({ id, score }) => html`<li>${linkTo(kind, id, id)} <span class="meta">${short(score)}</span></li>`,
      );
    const items =
      found.items.length > 0 ? html`<h3>Items</h3><ol>${list('item', found.items)}</ol>` : undefined;
    return html`<h2 tabindex="-1"><bdi>${nameOf(found.name, clusterId)}</bdi></h2>
<p class="meta">Community ${clusterId}</p><h3>Producers</h3><ol>${list('producer', found.producers)}</ol>${items}`;
  };
  const showEntity = async (kind: EntityKind, id: string) => {
    const found = await source.entity(kind, id);
    if (!found) return html`<h2 tabindex="-1">Nothing is known of ${kind} <bdi>${id}</bdi></h2>`;
    const total = found.communities.reduce((sum, { score }) => sum + score, 0);
    const communities = found.communities.map(
      ({ clusterId, name, score }) =>
        html`<li>${linkTo('community', clusterId, nameOf(name, clusterId))} <span class="meta">${percent(score / total)}</span></li>`,
    );
    const neighbors = found.neighbors.map(({ id: other, score, reasons }) => {
      const why = reasons.map(
        ({ clusterId, name, share }) =>
          html`<li>${percent(share)} ${linkTo('community', clusterId, nameOf(name, clusterId))}</li>`,
      );
      return html`<li>${linkTo(kind, other, other)} <span class="meta">${short(score)}</span><details><summary>Why<span class="hidden"> ${other}</span></summary><ul>${why}</ul></details></li>`;
    });
    return html`<h2 tabindex="-1"><bdi>${id}</bdi></h2><p class="meta">${kind}</p>
<h3>Communities</h3><ol>${communities}</ol><h3>Most alike</h3>${neighbors.length > 0 ? html`<ol id="neighbors">${neighbors}</ol>` : html`<p>None.</p>`}`;
  };

  const parts = () => {
    const [, kind = '', id = ''] = /^#(\w+)\/(.*)$/.exec(location.hash) ?? [];
    try {
      return { kind, id: decodeURIComponent(id) };
    } catch {
      return { kind: '', id: '' };
    }
  };
  const failed = (error: unknown) => {
    status.textContent = `That did not work: ${error instanceof Error ? error.message : error}`;
  };
  const follow = async () => {
    const { kind, id } = parts();
    if (kind !== 'community' && kind !== 'producer' && kind !== 'item') return;
    const markup = kind === 'community' ? await showCommunity(Number(id)) : await showEntity(kind, id);
    // Another place may have been asked for meanwhile.
    if (parts().kind !== kind || parts().id !== id) return;
    show(detail, markup);
    detail.querySelector('h2')?.focus();
    for (const node of document.querySelectorAll('#map a'))
      node.toggleAttribute('aria-current', node.getAttribute('href') === location.hash);
  };

  const find = async () => {
    const { value: text } = search as HTMLInputElement;
    if (text === '') {
      show(results, html``);
      status.textContent = '';
      return;
    }
    const found = await source.search(text);
    if ((search as HTMLInputElement).value !== text) return;
    show(
      results,
      html`${found.map(({ kind, id }) => html`<li>${linkTo(kind, id, id)} <span class="meta">${kind}</span></li>`)}`,
    );
    status.textContent = found.length === 0 ? 'Nothing has this in its id.' : `${found.length} found`;
  };

  const drawMap = ({ communities, links, numLeftOut }: CommunityMap) => {
    const at = (value: number) => (30 + 940 * value).toFixed(1);
    const largest = Math.max(1, ...communities.map(({ size }) => size));
    const lines = links.map(
      ([a, b]) =>
        html`<line x1="${at(communities[a].x)}" y1="${at(communities[a].y)}" x2="${at(communities[b].x)}" y2="${at(communities[b].y)}"/>`,
    );
    const nodes = communities.map(({ clusterId, name, size, x, y }, i) => {
      const radius = (6 + 16 * Math.sqrt(size / largest)).toFixed(1);
      const label = `${nameOf(name, clusterId)}, ${size} producers listed`;
      return html`<a href="${address('community', clusterId)}" tabindex="${i === 0 ? 0 : -1}" aria-label="${label}"><circle cx="${at(x)}" cy="${at(y)}" r="${radius}"><title>${label}</title></circle></a>`;
    });
    show(
      byId('map'),
      html`<svg viewBox="0 0 1000 1000" role="group" aria-label="Map of communities; arrow keys move, Enter opens"><g aria-hidden="true">${lines}</g>${nodes}</svg>`,
    );
    const entries = communities.map(
      ({ clusterId, name, size }) =>
        html`<li>${linkTo('community', clusterId, nameOf(name, clusterId))} <span class="meta">${size} producers listed</span></li>`,
    );
    show(byId('list'), html`${entries}`);
    byId('left-out').textContent =
      numLeftOut > 0
        ? `${numLeftOut} smaller communities are not on the map; search finds their members.`
        : '';
    moveByArrows([...document.querySelectorAll<SVGAElement>('#map a')], communities);
  };
  const directions: Record<string, readonly [number, number]> = {
    ArrowLeft: [-1, 0],
    ArrowRight: [1, 0],
    ArrowUp: [0, -1],
    ArrowDown: [0, 1],
  };
  /** One stop for the Tab key; an arrow goes to the nearest community in a quarter of the plane. */
  const moveByArrows = (nodes: readonly SVGAElement[], communities: CommunityMap['communities']) => {
    nodes.forEach((node, from) => {
      node.addEventListener('keydown', (event) => {
        const towards = directions[event.key];
        if (!towards) return;
        event.preventDefault();
        let [best, distance] = [-1, Number.POSITIVE_INFINITY];
        communities.forEach(({ x, y }, to) => {
          const [dx, dy] = [x - communities[from].x, y - communities[from].y];
          const [ahead, aside] = [
            dx * towards[0] + dy * towards[1],
            Math.abs(dx * towards[1]) + Math.abs(dy * towards[0]),
          ];
          if (to === from || ahead < aside || ahead <= 0 || dx * dx + dy * dy >= distance) return;
          [best, distance] = [to, dx * dx + dy * dy];
        });
        if (best < 0) return;
        node.setAttribute('tabindex', '-1');
        nodes[best].setAttribute('tabindex', '0');
        nodes[best].focus();
      });
    });
  };

  window.addEventListener('hashchange', () => follow().catch(failed));
  search.addEventListener('input', () => find().catch(failed));
  source.map().then(drawMap).then(follow).catch(failed);
}
