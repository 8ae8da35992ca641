// A batch of vertices that go through the loops of metropolis.ts together, and where it lies in scratch memory.
import { SPARE_WORDS } from './around';

/** Edges of a batch, unless a single vertex has more: what the loops hand on stays in the nearest cache. */
export const BATCH_EDGES: u32 = 1024;
export const BATCH_VERTICES: u32 = 256;

/** A vertex that has something to decide. */
@unmanaged export class Visit {
  place: u32;
  current: u32;
  around: u32; // where its communities begin in those of the batch
  numAround: u32;
  candidates: u32; // where its candidates begin in those of the batch
  numCandidates: u32;
  leader: u32; // the candidate with the highest score
  isCurrentMet: u32;
  best: f64; // the highest score
  second: f64;
  currentScore: f64;
  unused: f64;
}

/** Where the parts of scratch memory lie. */
@unmanaged export class Batch {
  slots: usize; // {count u32} or, with weights, {count u32, weight f32}[k + 1], all zero between vertices
  groups: usize; // u32, see packAround
  around: usize; // u32: communities around the vertices of the batch
  aroundWeights: usize; // f32
  others: usize; // u32: communities around one vertex but its own
  otherWeights: usize; // f32
  visits: usize; // Visit
  streams: usize; // u32: vertex of each visit, then its stream
  draws: usize; // u32: first draw of each
  candidates: usize; // u32: "none" and the communities that may be drawn, visit after visit
  scores: usize; // f64
  weights: usize; // f64: of one vertex's candidates
}

/**
 * Cuts scratch memory up; sweepScratchBytes of src/communities/sampler.ts says how much there must be.
 */
export function batchIn(scratch: usize, numCommunities: u32, maxDegree: u32): Batch {
  const most = max<u32>(maxDegree, BATCH_EDGES) + 2 * SPARE_WORDS;
  const vertices = BATCH_VERTICES + 2 * SPARE_WORDS;
  const batch = changetype<Batch>(scratch + ((<usize>numCommunities + 1) << 3));
  batch.slots = scratch;
  let at = (changetype<usize>(batch) + offsetof<Batch>() + 15) & ~15;
  batch.scores = at;
  at += (<usize>(most + vertices)) << 3;
  batch.weights = at;
  at += (<usize>maxDegree + 2 * SPARE_WORDS) << 3;
  batch.visits = at;
  at += (<usize>vertices) * offsetof<Visit>();
  batch.candidates = at;
  at += (<usize>(most + vertices)) << 2;
  batch.streams = at;
  at += (<usize>vertices) << 2;
  batch.draws = at;
  at += (<usize>vertices) << 2;
  batch.groups = at;
  at += (<usize>most) << 2;
  batch.around = at;
  at += (<usize>most) << 2;
  batch.aroundWeights = at;
  at += (<usize>most) << 2;
  batch.others = at;
  at += (<usize>most) << 2;
  batch.otherWeights = at;
  return batch;
}

// @ts-ignore: decorator
@inline export function visitAt(visits: usize, i: u32): Visit { return changetype<Visit>(visits + <usize>i * offsetof<Visit>()); }
