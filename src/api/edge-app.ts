/** The app at the edge: the routes that embeddings answer, from compact files. Checks, problems and document are those of the server. */
import { edgeEmbeddingModels } from '../applications/edge-embedding-model.ts';
import type { EmbeddingModel } from '../applications/serving-model.ts';
import { SimClustersError } from '../core/errors.ts';
import type { EdgeModel } from '../retrieval/edge-model.ts';
import { type App, type AppOptions, appOf } from './app.ts';
import type { Models } from './models.ts';
import { lookupRoutes } from './representation-routes.ts';
import { retrievalRoutes } from './retrieval-routes.ts';
import { scoringRoutes } from './scoring-routes.ts';

export interface EdgeAppOptions
  extends Partial<Omit<AppOptions<EmbeddingModel>, 'models' | 'events' | 'metrics'>> {}

const served = { routes: [...retrievalRoutes, ...scoringRoutes, ...lookupRoutes] };

/**
 * Request in, Response out: `app.fetch`. One file of items and one of producers at the most for each model version; who asks for no
 * version is answered by that of the first file.
 * @throws SimClustersError BAD_PARAM as edgeEmbeddingModels, or without a file
 */
export function createEdgeApp(
  files: EdgeModel | readonly EdgeModel[],
  { packageVersion = 'edge', ...options }: EdgeAppOptions = {},
): App {
  const [first, ...others] = edgeEmbeddingModels('header' in files ? [files] : files);
  if (!first) throw noFile();
  const models: Models<EmbeddingModel> = [first, ...others];
  return appOf(served, { ...options, packageVersion, models: () => models });
}

function noFile(): SimClustersError {
  return new SimClustersError('BAD_PARAM', {
    got: 'an app without a file',
    expected: 'at least one, opened by `openEdgeModel`',
    todo: 'Hand over what is to be served',
  });
}
