/** How the communities of the most faved item moved over its life: the streaming state, looked at from time to time. */
import { formatCount } from '../core/format.ts';
import type { Manifest } from '../pipeline/manifest.ts';
import type { FollowedTweet } from '../stages/tweet-embeddings.ts';
import { lineChart } from './charts.ts';
import type { CommunitySection } from './data.ts';
import { clip, html, type Markup } from './html.ts';
import { percent } from './numbers.ts';

const DAY_MS = 86_400_000;
const NAME_LENGTH = 14;

/** Undefined for a model without favs. */
export function moveSection(
  { stages }: Manifest,
  communities: CommunitySection | undefined,
): Markup | undefined {
  const followed = stages['tweet-embeddings']?.report['followed'] as FollowedTweet | undefined;
  if (!followed || followed.communities.length === 0) return undefined;
  const { itemId, numFavs, timesMs } = followed;
  const nameOf = (id: number) => {
    const name = communities?.communities.find((community) => community.id === id)?.name ?? `cluster ${id}`;
    return name.length > NAME_LENGTH ? `${name.slice(0, NAME_LENGTH - 1)}…` : name;
  };
  const series = followed.communities.map(({ clusterId, shares }) => ({
    name: nameOf(clusterId),
    values: shares,
  }));
  const days = timesMs.map((time) => Number(((time - timesMs[0]) / DAY_MS).toFixed(1)));
  const desc = followed.communities
    .map(
      ({ clusterId, shares }) =>
        `${nameOf(clusterId)}: ${percent(shares[0])} at first, ${percent(shares[shares.length - 1])} at last`,
    )
    .join('; ');
  const frame = {
    ...{ id: 'moves-chart', title: `Communities of ${clip(itemId)} over time`, desc },
    ...{ xLabel: 'days since the first fav', yLabel: 'share of the embedding' },
  };
  return html`<section id="moves" aria-labelledby="moves-heading"><h2 id="moves-heading">How an item moves</h2><figure><h3>${clip(itemId)}</h3>${lineChart(frame, days, series, percent, percent)}<figcaption>The most faved item (${formatCount(numFavs)} favs): its embedding decays, and each fav adds what the user is interested in. The communities that held most of it, from its first fav to its last.</figcaption></figure></section>`;
}
