/** Producers for a user by the joined score, where the model has the views for it: who the user follows, and the communities. */
import type { Csr } from '../core/csr.ts';
import { idAt } from '../core/ids.ts';
import type { SparseVector } from '../core/sparse-vector.ts';
import { explain } from '../recommend/explain.ts';
import { type Recommender, weighCarriers } from '../recommend/joined-score.ts';
import { recommendOne } from '../recommend/recommend-one.ts';
import { withoutOptedOut } from './opt-out.ts';
import { MAX_REASONS } from './reasons.ts';
import type { Recommendation, Viewer } from './recommendations.ts';
import type { ServingModel } from './serving-model.ts';

/** What brought a recommendation that no query brought. */
const SOURCE = 'LocalAndGlobalView';
const NO_VECTOR: SparseVector = { clusters: new Uint32Array(0), scores: new Float32Array(0) };
const NOTHING: ReadonlySet<string> = new Set();

/**
 * The `limit` best by the joined score (`recommend/joined-score.ts`). Opt-outs take communities away, not followed producers.
 * @param interest     of the user; undefined: the follows alone
 * @param excludedIds  ids never given, the user's follows among them
 */
export function rankByViews(
  model: ServingModel,
  recommender: Recommender,
  { userId, interest, limit }: { userId: string; interest?: SparseVector; limit: number },
  { optedOut = NOTHING, excludedIds = NOTHING }: Viewer,
): Recommendation[] {
  const { ids } = model.producers;
  const { numRows, numCols } = recommender.carriers;
  const { clusters, scores } = (interest && withoutOptedOut(interest, model.legible, optedOut)) ?? NO_VECTOR;
  const follows = oneRow(numCols, model.followedBy(userId));
  const weights = weighCarriers(recommender, follows, oneRow(numRows - numCols, clusters, scores));
  const followed = new Set(follows.indices);
  return recommendOne(
    recommender,
    weights,
    (producer) => followed.has(producer) || excludedIds.has(idAt(ids, producer)),
  )
    .slice(0, limit)
    .map(({ producer, score }) => {
      const { communities, producers } = explain(recommender, weights, {
        consumer: 0,
        candidate: producer,
        count: MAX_REASONS,
      });
      return {
        id: idAt(ids, producer),
        score,
        source: SOURCE,
        reasons: communities.map(({ index, share }) => ({
          clusterId: index,
          name: model.nameOf(index),
          share,
        })),
        followed: producers.map(({ index, share }) => ({ id: idAt(ids, index), share })),
      };
    });
}

function oneRow(numCols: number, indices: Uint32Array, data?: Float32Array): Csr {
  return { numRows: 1, numCols, indptr: Uint32Array.of(0, indices.length), indices, data };
}
