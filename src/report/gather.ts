/** Model → data of the report. One artifact after the other, so that a large model is never in memory as a whole. */
import type { ModelReader } from '../pipeline/model-folder.ts';
import { CommunityMembers } from './community-members.ts';
import type { ReportData } from './data.ts';
import { gatherCommunities } from './gather-communities.ts';
import { gatherNeighbors } from './gather-neighbors.ts';
import { gatherUsers } from './gather-users.ts';

export function gatherReport(model: ModelReader): ReportData {
  const members = model.has('knownFor') && model.has('producers') ? new CommunityMembers(model) : undefined;
  return {
    communities: members && gatherCommunities(model, members),
    neighbors: gatherNeighbors(model),
    users: members && gatherUsers(model, members),
  };
}
