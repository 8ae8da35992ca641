/** Model → data of the report. One artifact after the other, so that a large model is never in memory as a whole. */
import type { ModelReader } from '../pipeline/model-folder.ts';
import type { ReportData } from './data.ts';
import { gatherCommunities } from './gather-communities.ts';
import { gatherNeighbors } from './gather-neighbors.ts';
import { gatherUsers } from './gather-users.ts';

export function gatherReport(model: ModelReader): ReportData {
  return {
    communities: gatherCommunities(model),
    neighbors: gatherNeighbors(model),
    users: gatherUsers(model),
  };
}
