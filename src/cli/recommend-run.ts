/** Candidates from a model folder: its views, or views computed for this call. */
import type { Csr } from '../core/csr.ts';
import { quote, SimClustersError } from '../core/errors.ts';
import { formatCount } from '../core/format.ts';
import { type IdTable, idAt, idTableFromStrings, NO_PLACE, placesIn } from '../core/ids.ts';
import { selectRows } from '../core/row-selection.ts';
import { nearSpellings } from '../inspect/near-spellings.ts';
import type { Kernels } from '../kernels/kernels.ts';
import { isUpToDate, type ModelReader } from '../pipeline/model-folder.ts';
import { explain } from '../recommend/explain.ts';
import { openRecommender, type Recommender, recommend, weighCarriers } from '../recommend/joined-score.ts';
import { resolveParams } from '../stages/params.ts';
import { recommendationViews } from '../stages/recommendation-views.ts';
import { type Artifacts, idsOf, input, matrixOf } from '../stages/stage.ts';

export interface Candidate {
  readonly producerId: string;
  readonly score: number;
  /** The largest share first; shares of all carriers add up to 1. */
  readonly communities: readonly {
    readonly clusterId: number;
    readonly name: string;
    readonly share: number;
  }[];
  readonly producers: readonly { readonly producerId: string; readonly share: number }[];
}

export interface ConsumerCandidates {
  readonly consumerId: string;
  /** Best first. */
  readonly candidates: readonly Candidate[];
}

export interface RecommendRequest {
  /** Undefined: all consumers. */
  readonly ids?: readonly string[];
  readonly k: number;
  readonly numReasons: number;
  readonly log: (line: string) => void;
}

/**
 * @returns candidates of each consumer asked for, in that order; made as they are taken
 * @throws SimClustersError UNKNOWN_ID, NO_MODEL, BAD_ARTIFACT
 */
export async function recommendFromModel(
  kernels: Kernels,
  model: ModelReader,
  { ids, k, numReasons, log }: RecommendRequest,
): Promise<Iterable<ConsumerCandidates>> {
  const graph = model.read('followGraph');
  const consumerIds = idsOf(graph, 'consumerId');
  const consumers = placesOf(consumerIds, ids);
  const recommender = await recommenderOf(kernels, model, log);
  const follows = selectRows(matrixOf(graph, 'producerIndex'), consumers);
  const interest = matrixOf(model.read('interestedIn'), 'clusterId', 'followScoreClusterNormalizedOnly');
  const weights = weighCarriers(recommender, follows, selectRows(interest, consumers));
  const ranked = await recommend(kernels, recommender, weights, follows, { k });
  const source = {
    recommender,
    weights,
    ranked,
    numReasons,
    producerIds: idsOf(model.read('producers'), 'producerId'),
    clusterNames: model.has('clusters') ? idsOf(model.read('clusters'), 'name') : undefined,
  };
  return candidatesOf(source, consumers, consumerIds);
}

interface CandidateSource {
  readonly recommender: Recommender;
  readonly weights: Csr;
  readonly ranked: Csr;
  readonly numReasons: number;
  readonly producerIds: IdTable;
  readonly clusterNames?: IdTable;
}

function* candidatesOf(
  source: CandidateSource,
  consumers: Uint32Array,
  consumerIds: IdTable,
): Generator<ConsumerCandidates> {
  const { indptr } = source.ranked;
  for (let row = 0; row < consumers.length; row++) {
    const places = Array.from({ length: indptr[row + 1] - indptr[row] }, (_, i) => indptr[row] + i);
    yield {
      consumerId: idAt(consumerIds, consumers[row]),
      candidates: places.map((place) => candidateAt(source, row, place)),
    };
  }
}

function candidateAt(source: CandidateSource, consumer: number, place: number): Candidate {
  const { recommender, weights, ranked, numReasons, producerIds, clusterNames } = source;
  const candidate = ranked.indices[place];
  const { producers, communities } = explain(recommender, weights, {
    consumer,
    candidate,
    count: numReasons,
  });
  return {
    producerId: idAt(producerIds, candidate),
    score: (ranked.data as Float32Array)[place],
    communities: communities.map(({ index, share }) => ({
      clusterId: index,
      name: clusterNames ? idAt(clusterNames, index) : '',
      share,
    })),
    producers: producers.map(({ index, share }) => ({ producerId: idAt(producerIds, index), share })),
  };
}

function placesOf(consumerIds: IdTable, ids: readonly string[] | undefined): Uint32Array {
  if (ids === undefined) return Uint32Array.from({ length: consumerIds.size }, (_, i) => i);
  const places = placesIn(consumerIds, idTableFromStrings(ids));
  const unknown = places.indexOf(NO_PLACE);
  if (unknown < 0) return places;
  const near = nearSpellings(consumerIds, ids[unknown]);
  throw new SimClustersError('UNKNOWN_ID', {
    got: `consumer ${quote(ids[unknown])}`,
    expected: `one of the ${formatCount(consumerIds.size)} consumers of the model`,
    todo: `${near.length > 0 ? `Did you mean ${near.join(', ')}? ` : ''}\`simclusters export followGraph\` lists them all`,
  });
}

async function recommenderOf(
  kernels: Kernels,
  model: ModelReader,
  log: (line: string) => void,
): Promise<Recommender> {
  const { preset, given } = model.manifest;
  const before = model.manifest.stages[recommendationViews.name];
  const isKept = isUpToDate(model.manifest, recommendationViews.name);
  const params = before?.params ?? resolveParams(recommendationViews.params, given, preset?.name ?? 'small');
  const views = isKept
    ? { localView: model.read('localView'), globalView: model.read('globalView') }
    : await computeViews(kernels, model, params, log);
  return openRecommender(
    kernels,
    matrixOf(input(views, 'localView'), 'producerIndex', 'score'),
    matrixOf(input(views, 'globalView'), 'clusterId', 'score'),
    Number(params['communityWeight']),
  );
}

async function computeViews(
  kernels: Kernels,
  model: ModelReader,
  params: Readonly<Record<string, unknown>>,
  log: (line: string) => void,
): Promise<Artifacts> {
  log(
    `views computed for this call; \`simclusters ${recommendationViews.name} --model ${model.folder}\` keeps them`,
  );
  const artifacts = Object.fromEntries(recommendationViews.reads.map((name) => [name, model.read(name)]));
  const { artifacts: views } = await recommendationViews.run(artifacts, params as never, {
    kernels,
    seed: model.manifest.seed,
    imported: {},
    onProgress: () => {},
    log,
  });
  return views;
}
