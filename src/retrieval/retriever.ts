/**
 * Candidates for a source vector, from posting lists: the service's approximate cosine (ApproximateCosineSimilarity.scala), with exact
 * scores for the best of them when asked, or over whole lists.
 */
import { SimClustersError } from '../core/errors.ts';
import { previousFloat32 } from '../core/math.ts';
import { l2Norm, logNorm, type SparseVector, strongestEntries } from '../core/sparse-vector.ts';
import { candidateNormCode } from '../kernels/abi.ts';
import type { Kernels } from '../kernels/kernels.ts';
import { type AnnAlgorithm, MAX_RESULTS, NO_AGE_LIMIT, type RetrievalConfig } from './config.ts';
import type { ItemIndex } from './item-index.ts';
import { listsOf, type PlacedIndex, type PostingLists, placeIndex, runsOf } from './placed-index.ts';
import { mostTableBits, scratchSizes, tableBitsFor } from './scratch.ts';

export interface Candidates {
  /** Places in the index, best first; ties to the lower place. */
  readonly items: Uint32Array;
  readonly scores: Float32Array;
  /** Entries of lists that were read, or passed over with their block. */
  readonly numScanned: number;
}

export interface QueryOptions {
  /** Now, ms since 1970. Absent: no age window. */
  readonly nowMs?: number;
  /** Place of an item to leave out: the source itself. */
  readonly excluded?: number;
}

const MS_PER_HOUR = 3_600_000;
const NOTHING = 0xffffffff;
/** Exact search looks this much further down the sums in f32 before it scores by whole vectors. */
const EXACT_MARGIN = 64;
/** More than sums in f32 and exact scores can differ by, relative. */
const SUM_ERROR = 1e-5;

const empty: Candidates = { items: new Uint32Array(0), scores: new Float32Array(0), numScanned: 0 };

export class Retriever {
  readonly index: PlacedIndex;
  readonly #kernels: Kernels;
  readonly #scanScratch: number;
  readonly #tableScratch: number;
  readonly #mostTableBits: number;
  readonly #rescoreScratch: number;
  /** First item, end of items and excluded item of the query at hand. */
  readonly #bounds: Uint32Array;
  /** What divides its scores. */
  readonly #norm: Float64Array;

  /** Takes its memory from the arena of `kernels`, for as long as these live: about 20 bytes per item beside the index. */
  constructor(kernels: Kernels, index: ItemIndex | PlacedIndex) {
    this.#kernels = kernels;
    this.index = 'buffer' in index ? index : placeIndex(kernels.arena, index);
    const { numItems, numClusters } = this.index;
    const scratch = scratchSizes(numItems, numClusters);
    this.#mostTableBits = mostTableBits(numItems);
    this.#scanScratch = zeroed(kernels, scratch.atPlaces);
    this.#tableScratch = zeroed(kernels, scratch.byTable);
    this.#rescoreScratch = zeroed(kernels, scratch.rescore);
    this.#bounds = kernels.arena.u32(3);
    this.#norm = kernels.arena.f64(1);
  }

  /**
   * The best items for the source.
   *   dot = Σ s·t over the lists read,  n = Σ s² over them (visited) or over the whole vector (whole)
   *   score = dot, dot / (‖t‖ √n), dot / (ln(1 + ‖t‖²) ln(1 + n)) or dot / √n; the source's norm is always whole.
   * Cost O(entries read); entries of exact search are those of the whole lists.
   * @throws SimClustersError BAD_PARAM when exact scores are asked of an index without whole vectors
   */
  search(
    source: SparseVector,
    config: RetrievalConfig,
    { nowMs, excluded = NOTHING }: QueryOptions = {},
  ): Candidates {
    const [firstItem, endItem] = this.#window(config, nowMs);
    const sourceNorm = normOfSource(config.annAlgorithm, source);
    if (firstItem >= endItem || !(sourceNorm > 0)) return empty;
    const { arena } = this.#kernels;
    const mark = arena.mark();
    try {
      return this.#find({ source, sourceNorm, config, firstItem, endItem, excluded });
    } finally {
      arena.release(mark);
    }
  }

  #find(query: Query): Candidates {
    const { config } = query;
    const limit = Math.min(config.maxNumResults, MAX_RESULTS);
    if (config.exact) return this.#findExactly(query, limit);
    if (config.maxReRankingCandidates === 0)
      return candidatesOf(this.#scan(query, limit, thresholdOf(config.minScore)));
    // What is re-ranked is not cut before.
    const scanned = this.#scan(query, config.maxReRankingCandidates, 0);
    return candidatesOf({ ...this.#rescore(query, scanned, limit), numScanned: scanned.numScanned });
  }

  /**
   * Whole lists, all but the blocks of items that cannot be as good as the last of an approximate search, whose exact scores
   * are known.
   */
  #findExactly(query: Query, limit: number): Candidates {
    const threshold = thresholdOf(query.config.minScore);
    const isBounded = this.#dividesBySourceAlone(query.config);
    const first = isBounded
      ? this.#rescore(query, this.#scan(approximately(query), limit, 0), limit)
      : undefined;
    const last = first && first.counts[0] === limit ? first.scores[limit - 1] : 0;
    const bar = Math.max(0, Math.max(last, threshold) * (1 - SUM_ERROR));
    const scanned = this.#scan(query, limit + EXACT_MARGIN, bar);
    return candidatesOf({ ...this.#rescore(query, scanned, limit), numScanned: scanned.numScanned });
  }

  /** Is a score the dot product over something that is the same for all candidates? */
  #dividesBySourceAlone({ annAlgorithm }: RetrievalConfig): boolean {
    return this.index.scale === 'unit' || annAlgorithm === 'dot';
  }

  #scan(
    { source, sourceNorm, config, firstItem, endItem, excluded }: Query,
    wanted: number,
    threshold: number,
  ): Slots & { numScanned: number } {
    const { arena } = this.#kernels;
    const { index } = this;
    const topK = Math.max(1, Math.min(wanted, index.numItems));
    const postings: PostingLists = config.exact ? requirePart(index.inverse, 'whole lists') : index.lists;
    const most = config.exact ? Number.POSITIVE_INFINITY : config.maxTopTweetsPerCluster;
    const strongest = strongestEntries(source);
    const places = config.exact ? strongest : strongest.slice(0, config.maxScanClusters);
    const { lists, numEntries } = listsOf(arena, index, postings, source, places, most);
    const slots = takeSlots(this.#kernels, topK);
    // Vectors of unit length have norm 1; no need to look it up for each item.
    const isWhole = config.exact || config.candidateNorm === 'whole';
    const isKnown = isWhole && index.scale === 'unit';
    const code = codeOf(config.annAlgorithm);
    const candidateNorm = isKnown ? candidateNormCode.none : code;
    const isBlockwise = config.exact && index.blocks !== undefined && this.#dividesBySourceAlone(config);
    const isDotAlone = candidateNorm === candidateNormCode.none;
    const tableBits = isBlockwise
      ? 0
      : tableBitsFor(numEntries, index.numItems, isDotAlone, this.#mostTableBits);
    this.#bounds.set([firstItem, endItem, excluded]);
    this.#norm[0] = isKnown ? factorOfUnit(code) * sourceNorm : sourceNorm;
    const params = this.#kernels.block('scanPostings', {
      numItems: index.numItems,
      tableBits,
      items: postings.items,
      scores: postings.scores,
      norms: isWhole && !isKnown ? index.norms : 0,
      ...lists,
      ...(isBlockwise && runsOf(arena, index, index.blocks!, source, places)),
      sourceNorms: this.#norm,
      firstItems: this.#bounds,
      endItems: this.#bounds.byteOffset + 4,
      excluded: this.#bounds.byteOffset + 8,
      candidateNorm,
      threshold,
      topK,
      counts: slots.counts,
      slotItems: slots.items,
      slotScores: slots.scores,
    });
    this.#kernels.call('scanPostings', params, tableBits > 0 ? this.#tableScratch : this.#scanScratch, 0, 1);
    return { ...slots, numScanned: numEntries };
  }

  #rescore({ source, sourceNorm, config }: Query, candidates: Slots, topK: number): Slots {
    const { arena } = this.#kernels;
    const { index } = this;
    const vectors = requirePart(index.vectors, 'whole vectors');
    // Clusters the index does not know contribute nothing.
    const numKnown = countBelow(source.clusters, index.numClusters);
    const slots = takeSlots(this.#kernels, topK);
    this.#norm[0] = sourceNorm;
    const params = this.#kernels.block('rescoreItems', {
      numClusters: index.numClusters,
      vectorStarts: vectors.starts,
      vectorClusters: vectors.clusters,
      vectorScores: vectors.scores,
      sourceStarts: arena.put(Uint32Array.of(0, numKnown)),
      sourceClusters: arena.put(source.clusters),
      sourceScores: arena.put(source.scores),
      sourceNorms: this.#norm,
      maxCandidates: candidates.items.length,
      candidateCounts: candidates.counts,
      candidates: candidates.items,
      candidateNorm: codeOf(config.annAlgorithm),
      threshold: thresholdOf(config.minScore),
      topK,
      counts: slots.counts,
      slotItems: slots.items,
      slotScores: slots.scores,
    });
    this.#kernels.call('rescoreItems', params, this.#rescoreScratch, 0, 1);
    return slots;
  }

  /** Places of the items whose age is allowed: born from now − max to now − min. */
  #window(config: RetrievalConfig, nowMs: number | undefined): [number, number] {
    const { birthMs, numItems } = this.index;
    if (nowMs === undefined) return [0, numItems];
    const { maxTweetCandidateAgeHours: most, minTweetCandidateAgeHours: least } = config;
    const oldest = nowMs - most * MS_PER_HOUR;
    const first = most >= NO_AGE_LIMIT ? 0 : countWhile(birthMs, (birth) => birth < oldest);
    return [first, countWhile(birthMs, (birth) => birth <= nowMs - least * MS_PER_HOUR)];
  }
}

interface Query {
  readonly source: SparseVector;
  readonly sourceNorm: number;
  readonly config: RetrievalConfig;
  readonly firstItem: number;
  readonly endItem: number;
  readonly excluded: number;
}

interface Slots {
  readonly counts: Uint32Array;
  readonly items: Uint32Array;
  readonly scores: Float32Array;
}

/** A search that costs little and finds nearly all. */
function approximately(query: Query): Query {
  return { ...query, config: { ...query.config, ...approximation, exact: false } };
}

const approximation = { candidateNorm: 'whole', maxScanClusters: 20, maxTopTweetsPerCluster: 800 } as const;

function candidatesOf({ counts, items, scores, numScanned }: Slots & { numScanned: number }): Candidates {
  return { items: items.slice(0, counts[0]), scores: scores.slice(0, counts[0]), numScanned };
}

function takeSlots({ arena }: Kernels, topK: number): Slots {
  return { counts: arena.u32(1), items: arena.u32(topK), scores: arena.f32(topK) };
}

function zeroed({ arena }: Kernels, bytes: number): number {
  const region = arena.u8(bytes);
  region.fill(0);
  return region.byteOffset;
}

/** Kept iff score > this, which is iff score ≥ minScore and score > 0. */
function thresholdOf(minScore: number): number {
  return Math.max(0, previousFloat32(Math.fround(minScore)));
}

/** The score of a source without entries is undefined: 0. */
function normOfSource(algorithm: AnnAlgorithm, source: SparseVector): number {
  if (source.clusters.length === 0) return 0;
  if (algorithm === 'cosine') return l2Norm(source);
  return algorithm === 'log-cosine' ? logNorm(source) : 1;
}

function codeOf(algorithm: AnnAlgorithm): number {
  if (algorithm === 'dot') return candidateNormCode.none;
  return algorithm === 'log-cosine' ? candidateNormCode.log : candidateNormCode.root;
}

function factorOfUnit(code: number): number {
  return code === candidateNormCode.log ? Math.LN2 : 1;
}

function requirePart<T>(part: T | undefined, what: string): T {
  if (part) return part;
  throw new SimClustersError('BAD_PARAM', {
    got: `exact scores, of an index without ${what}`,
    expected: `an index that keeps ${what}`,
    todo: 'Build the index with them, or ask for neither `exact` nor `maxReRankingCandidates`',
  });
}

function countBelow(ascending: Uint32Array, bound: number): number {
  return countWhile(ascending, (value) => value < bound);
}

/** How many values at the front satisfy a test that fails for all after the first failure. */
function countWhile(values: ArrayLike<number>, test: (value: number) => boolean): number {
  let [low, high] = [0, values.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (test(values[middle])) low = middle + 1;
    else high = middle;
  }
  return low;
}
