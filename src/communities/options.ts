/** What a run of the sampler may be asked for. Names are those of flags and manifest. */

/** What a move may propose. */
export const proposals = [
  'single-or-zero',
  'multiple',
  'fraction-of-neighbors',
  'fraction-of-neighbors-and-cluster',
  'pure-random',
] as const;
export type Proposal = (typeof proposals)[number];

/** When moves take effect. */
export const updates = ['phases', 'serial', 'deferred', 'hogwild'] as const;
export type Update = (typeof updates)[number];

export const weightFormats = ['float32', 'fixed16'] as const;
export type WeightFormat = (typeof weightFormats)[number];

export interface SamplerOptions {
  /** α, the weight of a neighbour in the same community against a stranger outside. */
  readonly wtCoeff: number;
  /** Factor of the likelihood difference in the acceptance test, unless there is a schedule. */
  readonly scaleCoeff: number;
  /** The factor at epoch e is 1 / (ratio^e · max). */
  readonly temperature?: { readonly max: number; readonly ratio: number };
  readonly proposal: Proposal;
  /** Communities per vertex at the most, for the proposals of several. */
  readonly maxMemberships: number;
  /**
   * Corrects the acceptance for the asymmetric proposal, so that the chain leaves e^(scaleCoeff · L) invariant; a vertex
   * then is no member of the community whose size it looks at. Single-or-zero only.
   */
  readonly hastings: boolean;
  readonly update: Update;
  /**
   * With a start: what a vertex's community there counts more, in neighbours of mean weight; a prior that keeps ids from
   * drifting with every tie. At most one community per vertex only. Unset: 0.
   */
  readonly stability?: number;
}

/** Factor of the likelihood difference in epoch `epoch`, counted from 1. */
export function acceptScale({ scaleCoeff, temperature }: SamplerOptions, epoch: number): number {
  return temperature ? 1 / (temperature.ratio ** epoch * temperature.max) : scaleCoeff;
}
