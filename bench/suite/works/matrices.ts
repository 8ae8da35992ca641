/** Sparse matrices: sorted, transposed, joined, cut, multiplied, sharpened. */
import { computeProducerEmbedding } from '../../../src/embeddings/producer.ts';
import { buildCsr, permuteRows, topKRows, transpose, unionMax } from '../../../src/kernels/sparse.ts';
import { computeLocalView } from '../../../src/recommend/local-view.ts';
import { computeProducerSimilarity } from '../../../src/similarity/producer-similarity.ts';
import { SIMILAR, type SuiteInputs } from '../inputs.ts';
import { part, type Work } from '../work.ts';

const EMBED = { minFollowersForEmbedding: 0, minScore: 0.01, topK: 60 };
const LOCAL_VIEW = {
  ...{ numNeighbors: 50, numBlurNeighbors: 30, sharpening: 0.5 },
  ...{ smoothing: 3, sourceExponent: 0.4, popularityExponent: 0.1 },
};

export function matrixWorks(inputs: SuiteInputs): Work[] {
  const { follows, graph, similarity, interest, interestedIn, followerCounts } = inputs;
  const { users } = inputs.size;
  const shape = `${users} × ${users}, ${graph.indices.length} follows`;
  const pairs = `${users} × ${users}, ${similarity.indices.length} entries`;
  const backwards = Uint32Array.from({ length: users }, (_, row) => users - 1 - row);
  // The same rows in another order: patterns that have little in common.
  const other = { ...similarity, ...reversedRows(similarity) };
  return [
    {
      whole: 'CSR build',
      shape,
      run: (k) => buildCsr(k, follows, users, users, 'max'),
      parts: [
        part('counting sort', 'countKeys', 'prefixKeys', 'scatterByKey'),
        part('row number of each entry', 'expandRows'),
        part('duplicates made one', 'countDistinct', 'mergeDuplicates'),
      ],
    },
    {
      whole: 'transpose',
      shape,
      run: (k) => transpose(k, graph),
      parts: [
        part('counting sort of the transpose', 'countKeys', 'prefixKeys', 'scatterByKey', 'expandRows'),
      ],
    },
    {
      shape: `two of ${pairs}`,
      run: (k) => unionMax(k, similarity, other),
      parts: [part('union of two matrices', 'countUnion', 'unionMax')],
    },
    {
      shape: pairs,
      run: (k) => topKRows(k, similarity, 10),
      parts: [part('best 10 of each row', 'topKRows')],
    },
    {
      shape: pairs,
      run: (k) => permuteRows(k, similarity, backwards),
      parts: [part('rows in another order', 'permuteRows')],
    },
    {
      whole: 'similarity (SpGEMM, top 50)',
      shape,
      run: (k) => computeProducerSimilarity(k, graph, SIMILAR),
      parts: [part('sparse product, best 50 a row', 'spgemmTopK'), part('padded rows to CSR', 'compactRows')],
    },
    {
      shape: `${pairs.replace(/ .*, /, ' rows, ')}, 30 neighbours to sharpen by`,
      run: (k) => computeLocalView(k, graph, LOCAL_VIEW),
      parts: [part('sharpening of the local view', 'sharpenRows')],
    },
    {
      whole: 'producer embeddings',
      shape,
      run: (k) =>
        computeProducerEmbedding(k, graph, interest, interestedIn.inverseFollowNorm, followerCounts, EMBED),
      parts: [part('product of followers and interests', 'spgemmTopK')],
    },
  ];
}

/** The last row first. */
function reversedRows({ numRows, indptr, indices, data }: SuiteInputs['similarity']) {
  const rows = Array.from({ length: numRows }, (_, i) => numRows - 1 - i);
  const reversed = new Uint32Array(numRows + 1);
  const [ids, values] = [new Uint32Array(indices.length), new Float32Array(indices.length)];
  for (const [i, row] of rows.entries()) {
    ids.set(indices.subarray(indptr[row], indptr[row + 1]), reversed[i]);
    values.set((data as Float32Array).subarray(indptr[row], indptr[row + 1]), reversed[i]);
    reversed[i + 1] = reversed[i] + indptr[row + 1] - indptr[row];
  }
  return { indptr: reversed, indices: ids, data: values };
}
