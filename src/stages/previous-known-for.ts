import { text } from './params.ts';
import { defineStage, matrixOf, matrixReport } from './stage.ts';

/**
 * A stage of its own, so that what a model renews is safe in it before its own communities are replaced: a model can be
 * renewed in place, and a killed run goes on from the same communities.
 */
export const previousKnownFor = defineStage({
  name: 'previous-known-for',
  summary: 'Keep the communities of the previous model, for known-for to renew',
  // For its hash: renewed in place, a model takes its own communities for the previous ones when the follows change.
  reads: ['followGraph'],
  writes: ['previousKnownFor'],
  params: {
    previous: text(
      'Model folder to renew: its communities and their ids are gone on from. May be the --model folder itself',
      '',
      { modelArtifact: 'knownFor' },
    ),
  },
  notApplicable: ({ previous }) => (previous === '' ? 'no --previous' : undefined),
  async run(_artifacts, _params, { imported }) {
    const { previous } = imported;
    const knownFor = matrixOf(previous, 'clusterId');
    return {
      artifacts: { previousKnownFor: previous },
      report: { ...matrixReport(knownFor), numCommunities: knownFor.numCols - 1 },
    };
  },
});
