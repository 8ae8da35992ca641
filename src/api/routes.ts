/** All routes, in the order of the document. */
import { applicationRoutes } from './application-routes.ts';
import { explorerRoutes } from './explorer-routes.ts';
import { representationRoutes } from './representation-routes.ts';
import { retrievalRoutes } from './retrieval-routes.ts';
import type { Route } from './route.ts';
import { scoringRoutes } from './scoring-routes.ts';

export const routes: readonly Route[] = [
  ...retrievalRoutes,
  ...scoringRoutes,
  ...representationRoutes,
  ...applicationRoutes,
  ...explorerRoutes,
];
