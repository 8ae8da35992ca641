/**
 * The border between TypeScript and the kernels: names, parameter blocks and how they lie in memory.
 *
 * Every kernel is `(params, scratch, lo, hi) => void`: `params` and `scratch` are byte addresses, lo..hi the half-open
 * range of work items (rows, vertices, blocks, ...) of this call. A parameter block mirrors the `@unmanaged class` of the same
 * name in assembly/: fields in order, 4 bytes each (8 for f64, aligned to 8). test/kernels/abi.test.ts compares both.
 * A long file on purpose: one list of layouts and one of kernels, to be read side by side with assembly/.
 */

export type FieldType = 'u32' | 'f32' | 'f64';
export type Layout = Readonly<Record<string, FieldType>>;
/** Values for a block; an address is given as a number or as the typed array that lies there. Absent = 0 = none. */
export type BlockValues<L extends Layout> = { readonly [field in keyof L]?: number | ArrayBufferView };
export type BlockNumbers<L extends Layout> = { readonly [field in keyof L]: number };

const u32 = 'u32' as const;
const f32 = 'f32' as const;
const f64 = 'f64' as const;

export const layouts = {
  SortByKeyParams: {
    keys: u32,
    numItems: u32,
    numKeys: u32,
    numBlocks: u32,
    cursors: u32,
    indptr: u32,
    values: u32,
    data: u32,
    valuesOut: u32,
    dataOut: u32,
  },
  ExpandRowsParams: { indptr: u32, rowOf: u32 },
  MergeDuplicatesParams: {
    indptr: u32,
    indices: u32,
    data: u32,
    sum: u32,
    counts: u32,
    indptrOut: u32,
    indicesOut: u32,
    dataOut: u32,
  },
  UnionMaxParams: {
    aIndptr: u32,
    aIndices: u32,
    aData: u32,
    bIndptr: u32,
    bIndices: u32,
    bData: u32,
    counts: u32,
    indptrOut: u32,
    indicesOut: u32,
    dataOut: u32,
  },
  CompactRowsParams: {
    slots: u32,
    slotStarts: u32,
    slotIndices: u32,
    slotData: u32,
    indptrOut: u32,
    indicesOut: u32,
    dataOut: u32,
  },
  GatherParams: { source: u32, places: u32, target: u32 },
  TopKRowsParams: {
    indptr: u32,
    indices: u32,
    data: u32,
    threshold: f32,
    topK: u32,
    counts: u32,
    slotIndices: u32,
    slotData: u32,
  },
  SharpenParams: {
    indptr: u32,
    indices: u32,
    data: u32,
    blurIndptr: u32,
    blurIndices: u32,
    blurData: u32,
    strength: f32,
    dataOut: u32,
  },
  SpgemmParams: {
    numCols: u32,
    aIndptr: u32,
    aIndices: u32,
    aData: u32,
    bIndptr: u32,
    bIndices: u32,
    bData: u32,
    bStarts: u32,
    innerScale: u32,
    rowScale: u32,
    colScale: u32,
    excludeIndptr: u32,
    excludeIndices: u32,
    excludeDiagonal: u32,
    threshold: f32,
    maxValue: f32,
    topK: u32,
    minCommon: u32,
    firstRow: u32,
    unitStarts: u32,
    slotStarts: u32,
    counts: u32,
    slotIndices: u32,
    slotData: u32,
  },
  SimhashParams: {
    rows: u32,
    indptr: u32,
    indices: u32,
    data: u32,
    innerScale: u32,
    numBits: u32,
    maxRow: u32,
    key0: u32,
    key1: u32,
    sketches: u32,
  },
  HammingParams: {
    left: u32,
    right: u32,
    sketches: u32,
    numBits: u32,
    distances: u32,
  },
  WedgeTableParams: {
    indptr: u32,
    indices: u32,
    data: u32,
    scale: u32,
    innerScale: u32,
    maxRow: u32,
    table: u32,
    masses: u32,
  },
  WedgeParams: {
    numProducers: u32,
    numUsers: u32,
    indptr: u32,
    indices: u32,
    data: u32,
    userIndptr: u32,
    userIndices: u32,
    innerScale: u32,
    scale: u32,
    table: u32,
    masses: u32,
    isExact: u32,
    samples: f64,
    drawCost: u32,
    key0: u32,
    key1: u32,
    sketches: u32,
    sketchOf: u32,
    sketchBytes: u32,
    askFrom: u32,
    maxDistance: u32,
    estimates: u32,
    norms: u32,
    threshold: f32,
    minCommon: u32,
    units: u32,
    firstRow: u32,
    slotStarts: u32,
    counts: u32,
    slotIndices: u32,
    slotData: u32,
    numLooked: u32,
    numDistinct: u32,
    numSurvivors: u32,
  },
  ColorGraphParams: { indptr: u32, indices: u32, colors: u32, seenBy: u32 },
  PermuteRowsParams: {
    order: u32,
    indptr: u32,
    indices: u32,
    data: u32,
    indptrOut: u32,
    indicesOut: u32,
    dataOut: u32,
    unit: f64,
  },
  MetropolisParams: {
    order: u32,
    indptr: u32,
    indices: u32,
    data: u32,
    weightUnit: f32,
    meanWeights: u32,
    visits: u32,
    numCommunities: u32,
    maxDegree: u32,
    assignment: u32,
    sizes: u32,
    next: u32,
    outcomes: u32,
    key0: u32,
    key1: u32,
    epoch: u32,
    wtCoeff: f64,
    acceptScale: f64,
    excludeSelf: u32,
    hastings: u32,
    anchors: u32,
    anchorCoeff: f64,
  },
  MembershipParams: {
    order: u32,
    indptr: u32,
    indices: u32,
    data: u32,
    weightUnit: f32,
    meanWeights: u32,
    visits: u32,
    numCommunities: u32,
    maxDegree: u32,
    width: u32,
    rows: u32,
    sizes: u32,
    overlapHeads: u32,
    overlapNext: u32,
    overlapPrevious: u32,
    next: u32,
    outcomes: u32,
    key0: u32,
    key1: u32,
    epoch: u32,
    wtCoeff: f64,
    acceptScale: f64,
    excludeSelf: u32,
    proposal: u32,
    maxMemberships: u32,
  },
  GrowthParams: {
    order: u32,
    indptr: u32,
    indices: u32,
    data: u32,
    vertexSizes: u32,
    within: u32,
    numVertices: u32,
    maxDegree: u32,
    assignment: u32,
    sizes: u32,
    next: u32,
    outcomes: u32,
    free: u32,
    numFree: u32,
    key0: u32,
    key1: u32,
    epoch: u32,
    pairCost: f64,
    inverseTemperature: f64,
  },
  CommunityParams: {
    order: u32,
    indptr: u32,
    indices: u32,
    data: u32,
    weightUnit: f32,
    width: u32,
    rows: u32,
    numCommunities: u32,
    sizes: u32,
    meanWeight: f64,
    degrees: u32,
    weightedDegrees: u32,
    meanWeights: u32,
    affiliation: u32,
    insideCounts: u32,
    insideWeights: u32,
    insideMeans: u32,
    memberIndptr: u32,
    members: u32,
    pairCounts: u32,
    pairMeans: u32,
  },
  InterestedInParams: {
    followIndptr: u32,
    followIndices: u32,
    favIndptr: u32,
    favIndices: u32,
    favData: u32,
    knownForIndptr: u32,
    knownForClusters: u32,
    knownForScores: u32,
    inverseFollowNorm: u32,
    inverseFavNorm: u32,
    numClusters: u32,
    socialProofThreshold: u32,
    counts: u32,
    indptrOut: u32,
    clustersOut: u32,
    followScore: u32,
    followScoreProducerNormalizedOnly: u32,
    favScore: u32,
    favScoreProducerNormalizedOnly: u32,
    logFavScore: u32,
    numUsersBeingFollowed: u32,
    numUsersThatWereFaved: u32,
  },
  CutInterestsParams: {
    indptr: u32,
    favScore: u32,
    logFavScore: u32,
    followScore: u32,
    logFavScoreClusterNormalizedOnly: u32,
    followScoreProducerNormalizedOnly: u32,
    maxClustersPerUser: u32,
    indptrOut: u32,
    placesOut: u32,
  },
  ColumnParams: {
    indices: u32,
    data: u32,
    numValues: u32,
    numCols: u32,
    numBlocks: u32,
    partials: u32,
    scale: u32,
    dataOut: u32,
  },
  DecayParams: { timesMs: u32, values: u32, nowMs: f64, decayPerMs: f64, decayed: u32 },
  LastStateParams: { indptr: u32, events: u32, itemOf: u32, kindOf: u32, contribution: u32 },
  ScanPostingsParams: {
    numItems: u32,
    tableBits: u32,
    items: u32,
    scores: u32,
    norms: u32,
    queryStarts: u32,
    listStarts: u32,
    listLengths: u32,
    listWeights: u32,
    numBlocks: u32,
    runBlocks: u32,
    runMaxima: u32,
    runEntries: u32,
    listRuns: u32,
    listRunCounts: u32,
    sourceNorms: u32,
    firstItems: u32,
    endItems: u32,
    excluded: u32,
    candidateNorm: u32,
    threshold: f32,
    topK: u32,
    counts: u32,
    slotItems: u32,
    slotScores: u32,
  },
  RescoreItemsParams: {
    numClusters: u32,
    vectorStarts: u32,
    vectorClusters: u32,
    vectorScores: u32,
    sourceStarts: u32,
    sourceClusters: u32,
    sourceScores: u32,
    sourceNorms: u32,
    maxCandidates: u32,
    candidateCounts: u32,
    candidates: u32,
    candidateNorm: u32,
    threshold: f32,
    topK: u32,
    counts: u32,
    slotItems: u32,
    slotScores: u32,
  },
  WriteCandidatesParams: {
    idStarts: u32,
    idBytes: u32,
    rowOf: u32,
    items: u32,
    scores: u32,
    text: u32,
    room: u32,
    progress: u32,
  },
  StreamShard: {
    bytes: u32,
    heapNext: u32,
    heap: u32,
    numUnits: u32,
    free: u32,
    isFree: u32,
    table: u32,
    tableBits: u32,
    numItems: u32,
    numEntries: u32,
    sweepAt: u32,
    evictionsLeft: u32,
    landmark: f64,
    usedBytes: f64,
    numApplied: f64,
    numTooOld: f64,
    numExpired: f64,
    numNegligible: f64,
    numEvicted: f64,
    numRefused: f64,
    numPruned: f64,
  },
  StreamItem: {
    hash: u32,
    idInfo: u32,
    longId: u32,
    vector: u32,
    vectorBits: u32,
    numEntries: u32,
    numFavs: u32,
    numUpdates: u32,
    longestIsLive: u32,
    bornMs: f64,
    lastMs: f64,
    sumSquares: f64,
    longestSquare: f64,
  },
  StreamParams: {
    shards: u32,
    shardBytes: u32,
    numShards: u32,
    numRows: u32,
    timesMs: u32,
    actors: u32,
    kinds: u32,
    hashes: u32,
    idInfos: u32,
    idStarts: u32,
    bornMs: u32,
    numFavs: u32,
    text: u32,
    interestIndptr: u32,
    interestClusters: u32,
    interestScores: u32,
    rowsDone: u32,
    records: u32,
    recordWords: u32,
    wordsUsed: u32,
    clustersPerItem: u32,
    minFavs: u32,
    bornByFirstEvent: u32,
    halfLifeMs: f64,
    maxAgeMs: f64,
    threshold: f64,
    negligible: f64,
    nowMs: f64,
    sweepShare: u32,
    shift: f64,
    kindMask: u32,
    youngerMs: f64,
    counts: u32,
    numClusters: u32,
    itemNumbers: u32,
    itemStarts: u32,
    itemsOut: u32,
    scoresOut: u32,
  },
} as const satisfies Record<string, Layout>;

/** Which block each kernel takes, and what its work items are. */
export const kernelTable = {
  countKeys: { layout: 'SortByKeyParams', items: 'blocks of the input' },
  prefixKeys: { layout: 'SortByKeyParams', items: 'one call for all keys' },
  scatterByKey: { layout: 'SortByKeyParams', items: 'blocks of the input' },
  expandRows: { layout: 'ExpandRowsParams', items: 'rows' },
  countDistinct: { layout: 'MergeDuplicatesParams', items: 'rows' },
  mergeDuplicates: { layout: 'MergeDuplicatesParams', items: 'rows' },
  countUnion: { layout: 'UnionMaxParams', items: 'rows' },
  unionMax: { layout: 'UnionMaxParams', items: 'rows' },
  compactRows: { layout: 'CompactRowsParams', items: 'rows' },
  gather32: { layout: 'GatherParams', items: 'values' },
  topKRows: { layout: 'TopKRowsParams', items: 'rows' },
  spgemmTopK: { layout: 'SpgemmParams', items: 'units of rows of the panel' },
  sharpenRows: { layout: 'SharpenParams', items: 'rows' },
  simhashRows: { layout: 'SimhashParams', items: 'rows to sketch' },
  hammingPairs: { layout: 'HammingParams', items: 'pairs' },
  wedgeTables: { layout: 'WedgeTableParams', items: 'users' },
  samplePairs: { layout: 'WedgeParams', items: 'work units' },
  colorGraph: { layout: 'ColorGraphParams', items: 'vertices, in one call after those before' },
  permuteRows: { layout: 'PermuteRowsParams', items: 'rows of the result' },
  proposeMoves: { layout: 'MetropolisParams', items: 'places of the order' },
  applyMoves: { layout: 'MetropolisParams', items: 'places of the order' },
  moveAtOnce: { layout: 'MetropolisParams', items: 'visits' },
  proposeRows: { layout: 'MembershipParams', items: 'places of the order' },
  applyRows: { layout: 'MembershipParams', items: 'places of the order, in one call' },
  moveRowsAtOnce: { layout: 'MembershipParams', items: 'visits, in one call' },
  proposeGrowth: { layout: 'GrowthParams', items: 'places of the order' },
  applyGrowth: { layout: 'GrowthParams', items: 'places of the order, in one call' },
  vertexWeights: { layout: 'CommunityParams', items: 'places of the order' },
  affiliationScores: { layout: 'CommunityParams', items: 'places of the order' },
  edgeStatistics: { layout: 'CommunityParams', items: 'places of the order' },
  pairStatistics: { layout: 'CommunityParams', items: 'vertices' },
  countInterests: { layout: 'InterestedInParams', items: 'consumers' },
  sumInterests: { layout: 'InterestedInParams', items: 'consumers' },
  cutInterests: { layout: 'CutInterestsParams', items: 'consumers' },
  columnSquareSums: { layout: 'ColumnParams', items: 'blocks of the values' },
  scaleColumns: { layout: 'ColumnParams', items: 'values' },
  decayValues: { layout: 'DecayParams', items: 'values' },
  lastStates: { layout: 'LastStateParams', items: 'users' },
  scanPostings: { layout: 'ScanPostingsParams', items: 'queries' },
  rescoreItems: { layout: 'RescoreItemsParams', items: 'queries' },
  writeCandidates: { layout: 'WriteCandidatesParams', items: 'candidates, in one call' },
  applyEvents: { layout: 'StreamParams', items: 'shards' },
  sweepItems: { layout: 'StreamParams', items: 'shards' },
  rebaseItems: { layout: 'StreamParams', items: 'shards' },
  exportItems: { layout: 'StreamParams', items: 'shards' },
  countEntries: { layout: 'StreamParams', items: 'shards' },
  scatterEntries: { layout: 'StreamParams', items: 'shards' },
  readItems: { layout: 'StreamParams', items: 'shards' },
} as const satisfies Record<string, { layout: keyof typeof layouts; items: string }>;

export type KernelName = keyof typeof kernelTable;
export type LayoutOf<K extends KernelName> = (typeof layouts)[(typeof kernelTable)[K]['layout']];
/** How proposeRows is told what to propose. */
export const proposalCode = {
  'single-or-zero': 0,
  multiple: 1,
  'fraction-of-neighbors': 2,
  'fraction-of-neighbors-and-cluster': 3,
  'pure-random': 4,
} as const;

/** What scanPostings and rescoreItems make of a candidate's sum of squares n: 1, its root, or ln(1 + n). */
export const candidateNormCode = { none: 0, root: 1, log: 2 } as const;

/** Bits that proposeMoves, proposeRows and proposeGrowth leave for each vertex. */
export const moveOutcome = { proposedEmpty: 1, proposedSame: 2, accepted: 4 } as const;

/** Kinds of action that lastStates tells apart. */
export const actionKind = { other: 0, fav: 1, unfav: 2 } as const;

/** In the order of the table: the number a kernel goes by in a job. */
export const kernelNames = Object.keys(kernelTable) as readonly KernelName[];

export type Kernel = (params: number, scratch: number, lo: number, hi: number) => void;
/** What a WebAssembly instance exports, and what the plain-TypeScript twins offer too. */
export type KernelExports = Readonly<Record<KernelName, Kernel>>;

/** A block's size in bytes, and its fields with where they lie. */
interface PlacedLayout {
  readonly size: number;
  readonly offsets: Readonly<Record<string, number>>;
  readonly fields: readonly (readonly [name: string, type: FieldType, offset: number])[];
}

/** A search writes blocks all the time; where fields lie is found once. */
const placed = new Map<Layout, PlacedLayout>();

/** Bytes a block takes and where each field lies. */
export function placeFields(layout: Layout): PlacedLayout {
  const known = placed.get(layout);
  if (known) return known;
  let at = 0;
  const fields = Object.entries(layout).map(([field, type]) => {
    const width = type === 'f64' ? 8 : 4;
    const offset = Math.ceil(at / width) * width;
    at = offset + width;
    return [field, type, offset] as const;
  });
  const offsets = Object.fromEntries(fields.map(([field, , offset]) => [field, offset]));
  const found = { size: Math.ceil(at / 8) * 8, offsets, fields };
  placed.set(layout, found);
  return found;
}

/** Writes a block; fields that are not given are 0. */
export function writeBlock<L extends Layout>(
  view: DataView,
  address: number,
  layout: L,
  values: BlockValues<L>,
): void {
  for (const [field, type, offset] of placeFields(layout).fields) {
    const given = values[field as keyof L] ?? 0;
    const value = typeof given === 'number' ? given : given.byteOffset;
    if (type === 'u32') view.setUint32(address + offset, value, true);
    else if (type === 'f32') view.setFloat32(address + offset, value, true);
    else view.setFloat64(address + offset, value, true);
  }
}

export function readBlock<L extends Layout>(view: DataView, address: number, layout: L): BlockNumbers<L> {
  const values: Record<string, number> = {};
  for (const [field, type, offset] of placeFields(layout).fields) {
    const at = address + offset;
    values[field] =
      type === 'u32'
        ? view.getUint32(at, true)
        : type === 'f32'
          ? view.getFloat32(at, true)
          : view.getFloat64(at, true);
  }
  return values as BlockNumbers<L>;
}
