/** A small model opened for serving, with its artifacts. */
import { openServingModel, type ServingModel } from '../../src/applications/serving-model.ts';
import type { Kernels } from '../../src/kernels/kernels.ts';
import { artifactNames } from '../../src/stages/artifacts.ts';
import type { Artifacts } from '../../src/stages/stage.ts';
import { open, wasm } from '../fixtures/backends.ts';
import { groupedRows, modelBuilder } from '../report/models.ts';

export interface SmallModel {
  readonly model: ServingModel;
  readonly artifacts: Artifacts;
  readonly kernels: Kernels;
  readonly folder: string;
  readonly close: () => Promise<void>;
}

/** Five groups of twelve users, six producers each; with follows alone there are no items and no topics. */
export async function openSmallModel({ followsOnly = false } = {}): Promise<SmallModel> {
  const { buildModel, removeModels } = modelBuilder();
  const { follows, ...rest } = groupedRows(5, 12, 6);
  const reader = await buildModel(followsOnly ? { follows } : { follows, ...rest }, {
    numCommunities: 5,
    numStarts: 20,
    seed: '2',
  });
  const artifacts: Artifacts = Object.fromEntries(
    artifactNames.filter((name) => reader.has(name)).map((name) => [name, reader.read(name)]),
  );
  const kernels = open(wasm(1));
  return {
    model: await openServingModel(kernels, artifacts, { modelVersion: 'test' }),
    artifacts,
    kernels,
    folder: reader.folder,
    async close() {
      await kernels.close();
      removeModels();
    },
  };
}
