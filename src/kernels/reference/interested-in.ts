/** Twins of assembly/interested-in.ts. */
import { INVERSE_LN10, ln } from '../../core/math.ts';
import type { Kernel } from '../abi.ts';
import type { TwinMemory } from './memory.ts';

interface Interest {
  followScore: number;
  followScoreProducerNormalizedOnly: number;
  favScore: number;
  favScoreProducerNormalizedOnly: number;
  logFavScore: number;
  numUsersBeingFollowed: number;
  numUsersThatWereFaved: number;
  numDistinct: number;
}

export function interestedInTwins(memory: TwinMemory) {
  /** A function that sums one consumer's row: cluster -> interest, before social proof. */
  function rowSums(kernel: 'countInterests' | 'sumInterests', params: number) {
    const p = memory.block(kernel, params);
    const followIndptr = memory.u32(p.followIndptr);
    const followIndices = memory.u32(p.followIndices);
    const favIndptr = memory.optionalU32(p.favIndptr);
    const favIndices = memory.u32(p.favIndices);
    const favData = memory.f32(p.favData);
    const knownForIndptr = memory.u32(p.knownForIndptr);
    const knownForClusters = memory.u32(p.knownForClusters);
    const knownForScores = memory.f32(p.knownForScores);
    const inverseFollowNorm = memory.f32(p.inverseFollowNorm);
    const inverseFavNorm = memory.f32(p.inverseFavNorm);
    const sumRow = (row: number): Map<number, Interest> => {
      const followed = new Set(followIndices.subarray(followIndptr[row], followIndptr[row + 1]));
      const favs = new Map<number, number>();
      if (favIndptr)
        for (let i = favIndptr[row]; i < favIndptr[row + 1]; i++) favs.set(favIndices[i], favData[i]);
      const producers = [...new Set([...followed, ...favs.keys()])].sort((a, b) => a - b);
      const interests = new Map<number, Interest>();
      for (const producer of producers) {
        const fav = favs.get(producer) ?? 0;
        for (let i = knownForIndptr[producer]; i < knownForIndptr[producer + 1]; i++) {
          const knownFor = Math.max(knownForScores[i], 0);
          const interest = interests.get(knownForClusters[i]) ?? emptyInterest();
          interests.set(knownForClusters[i], interest);
          interest.numDistinct++;
          if (followed.has(producer)) {
            interest.numUsersBeingFollowed++;
            interest.followScore += knownFor;
            interest.followScoreProducerNormalizedOnly += inverseFollowNorm[producer] * knownFor;
          }
          if (fav > 0) {
            interest.numUsersThatWereFaved++;
            interest.favScore += fav * knownFor;
            interest.favScoreProducerNormalizedOnly += fav * inverseFavNorm[producer] * knownFor;
            interest.logFavScore += ln(1 + fav) * INVERSE_LN10 * knownFor;
          }
        }
      }
      return interests;
    };
    return { p, sumRow };
  }

  const countInterests: Kernel = (params, _scratch, lo, hi) => {
    const { p, sumRow } = rowSums('countInterests', params);
    const counts = memory.u32(p.counts);
    for (let row = lo; row < hi; row++) {
      counts[row] = [...sumRow(row).values()].filter((i) => i.numDistinct >= p.socialProofThreshold).length;
    }
  };

  const sumInterests: Kernel = (params, _scratch, lo, hi) => {
    const { p, sumRow } = rowSums('sumInterests', params);
    const indptrOut = memory.u32(p.indptrOut);
    for (let row = lo; row < hi; row++) {
      let out = indptrOut[row];
      for (const [cluster, interest] of [...sumRow(row)].sort((a, b) => a[0] - b[0])) {
        if (interest.numDistinct < p.socialProofThreshold) continue;
        memory.u32(p.clustersOut)[out] = cluster;
        memory.f32(p.followScore)[out] = interest.followScore;
        memory.f32(p.followScoreProducerNormalizedOnly)[out] = interest.followScoreProducerNormalizedOnly;
        memory.f32(p.favScore)[out] = interest.favScore;
        memory.f32(p.favScoreProducerNormalizedOnly)[out] = interest.favScoreProducerNormalizedOnly;
        memory.f32(p.logFavScore)[out] = interest.logFavScore;
        memory.u32(p.numUsersBeingFollowed)[out] = interest.numUsersBeingFollowed;
        memory.u32(p.numUsersThatWereFaved)[out] = interest.numUsersThatWereFaved;
        out++;
      }
    }
  };

  const cutInterests: Kernel = (params, _scratch, lo, hi) => {
    const p = memory.block('cutInterests', params);
    const indptr = memory.u32(p.indptr);
    const indptrOut = memory.u32(p.indptrOut);
    const placesOut = memory.u32(p.placesOut);
    const keys = [
      memory.f32(p.favScore),
      memory.f32(p.logFavScore),
      memory.f32(p.followScore),
      memory.f32(p.logFavScoreClusterNormalizedOnly),
      memory.f32(p.followScoreProducerNormalizedOnly),
    ];
    const byRank = (a: number, b: number): number => {
      for (const key of keys) if (key[a] !== key[b]) return key[b] - key[a];
      return a - b;
    };
    for (let row = lo; row < hi; row++) {
      const places = Array.from({ length: indptr[row + 1] - indptr[row] }, (_, i) => indptr[row] + i);
      const kept = places.sort(byRank).slice(0, p.maxClustersPerUser);
      placesOut.set(
        kept.sort((a, b) => a - b),
        indptrOut[row],
      );
    }
  };

  return { countInterests, sumInterests, cutInterests };
}

function emptyInterest(): Interest {
  return {
    followScore: 0,
    followScoreProducerNormalizedOnly: 0,
    favScore: 0,
    favScoreProducerNormalizedOnly: 0,
    logFavScore: 0,
    numUsersBeingFollowed: 0,
    numUsersThatWereFaved: 0,
    numDistinct: 0,
  };
}
