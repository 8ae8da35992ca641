/**
 * The entries of the page as HTML. Run twice: when the report is written, for what is seen first, and in the page, for
 * what a search finds. `createViews` is sent to the page as source text, so it uses nothing but its arguments.
 */
import type { Community, Label, Neighborhood, PageData, User } from './data.ts';
import type { html, Markup } from './html.ts';

export interface Kit {
  readonly html: typeof html;
  readonly count: (value: number) => string;
  readonly percent: (share: number) => string;
}

export interface Views {
  /** Closed; the body is left out when it will be filled on opening. */
  readonly community: (community: Community, withBody: boolean) => Markup;
  readonly communityBody: (community: Community) => Markup;
  readonly neighborhood: (neighborhood: Neighborhood) => Markup;
  readonly user: (user: User) => Markup;
}

export type ViewData = Pick<PageData, 'labels'> & { readonly largestCommunity: number };

/** Communities shown at first, and added by each press of the button. */
export const PAGE_SIZE = 60;

export function createViews({ html, count, percent }: Kit, { labels, largestCommunity }: ViewData): Views {
  const plural = (n: number, one: string, many: string) => html`<b>${count(n)}</b> ${n === 1 ? one : many}`;
  const bar = (share: number) => {
    const width = Math.max(0, Math.min(100, 100 * share)).toFixed(1);
    return html`<span class="bar" aria-hidden="true"><i style="width:${width}%"></i></span>`;
  };
  const short = (score: number) => (score < 10 ? score.toPrecision(2) : count(score));
  // Long ids break after their punctuation rather than anywhere.
  const idText = (id: string) =>
    html`<bdi>${id.split(/(?<=[./_@-])/).map((part, i) => html`${i > 0 ? html`<wbr>` : undefined}${part}`)}</bdi>`;

  const title = ({ topic, name }: Label) =>
    topic === ''
      ? html`<bdi class="names alone">${name}</bdi>`
      : html`<bdi class="topic">${topic}</bdi> <bdi class="names">${name}</bdi>`;

  const scoreTable = (caption: string, scored: readonly (readonly [string, number])[]) => {
    const best = scored.length > 0 ? scored[0][1] || 1 : 1;
    const rows = scored.map(
      ([name, score]) =>
        html`<tr><th scope="row">${idText(name)}</th><td class="wide">${bar(score / best)}</td><td class="number">${short(score)}</td></tr>`,
    );
    return scored.length === 0
      ? undefined
      : html`<table class="scores"><caption>${caption}</caption><tbody>${rows}</tbody></table>`;
  };

  const communityBody: Views['communityBody'] = (community) => {
    const { members, also, numMembers, topics, items } = community;
    const rows = members.map(
      ([name, score, followers, share]) =>
        html`<tr><th scope="row">${idText(name)}</th><td class="wide">${bar(share)}</td><td class="number known">${score.toFixed(2)}</td><td class="number">${count(followers)}</td></tr>`,
    );
    const unnamed = numMembers - members.length - also.length;
    const rest =
      also.length + unnamed === 0
        ? undefined
        : html`<p class="also"><span>Also</span> ${also.map((name, i) => html`${i > 0 ? ', ' : ''}<bdi>${name}</bdi>`)}${
            unnamed > 0 ? html` <span>and ${count(unnamed)} more</span>` : undefined
          }</p>`;
    return html`<div class="members"><table class="scores"><caption>Members</caption><thead><tr><th scope="col">Producer</th><th scope="col" class="wide"><span class="hidden">Weight</span></th><th scope="col" class="number known">Known for</th><th scope="col" class="number">Followers</th></tr></thead><tbody>${rows}</tbody></table>${rest}</div>${
      topics.length + items.length > 0
        ? html`<div>${scoreTable('Topics', topics)}${scoreTable('Items', items)}</div>`
        : undefined
    }`;
  };

  const community: Views['community'] = (entry, withBody) => {
    const consumers =
      entry.numConsumers === undefined
        ? undefined
        : html`<span class="meta">${plural(entry.numConsumers, 'interested', 'interested')}</span>`;
    return html`<li><details id="community-${entry.id}" data-id="${entry.id}"${
      withBody ? html` data-filled=""` : undefined
    }><summary><span class="title">${title(entry)}</span><span class="meta size">${bar(
      entry.numMembers / largestCommunity,
    )}<span>${plural(entry.numMembers, 'producer', 'producers')}</span></span>${consumers}</summary><div class="body">${
      withBody ? communityBody(entry) : undefined
    }</div></details></li>`;
  };

  const neighborhood: Views['neighborhood'] = ({ name, followers, neighbors }) => {
    const rows = neighbors.map(
      ([other, score]) =>
        html`<li>${idText(other)}${bar(score)}<span class="number">${score.toFixed(2)}</span></li>`,
    );
    return html`<li class="card"><h3>${idText(name)}</h3><p class="meta">${plural(followers, 'follower', 'followers')}</p><ol class="neighbors">${rows}</ol></li>`;
  };

  /** A community by its full name, or by its topic and its first producer alone. */
  const interest = (cluster: number, share: number, isShort: boolean) => {
    const { topic, name } = labels[cluster] ?? { topic: '', name: '' };
    const comma = name.indexOf(', ');
    const names = isShort && comma > 0 ? `${name.slice(0, comma)}, …` : name;
    return html`<a href="#community-${cluster}">${
      topic === '' ? undefined : html`<b><bdi>${topic}</bdi></b>: `
    }<bdi>${names}</bdi></a> <span class="number">(${percent(share)})</span>`;
  };

  const user: Views['user'] = ({ name, numClusters, interests }) => {
    const [first, ...others] = interests;
    const segments = interests.map(([, share]) => html`<i style="width:${(100 * share).toFixed(1)}%"></i>`);
    const rest = others
      .filter(([, share]) => share >= 0.01)
      .slice(0, 3)
      .map(([cluster, share], i) => html`${i === 0 ? ', also ' : '; '}${interest(cluster, share, true)}`);
    const word = first && first[1] > 0.5 ? 'mostly' : 'foremost';
    return html`<li class="user"><span class="shares" aria-hidden="true">${segments}</span><p><b class="name"><bdi>${name}</bdi></b> — ${
      first ? html`${word} ${interest(first[0], first[1], false)}${rest}` : 'no interests'
    }. <span class="meta">${plural(numClusters, 'community', 'communities')} in all.</span></p></li>`;
  };

  return { community, communityBody, neighborhood, user };
}
