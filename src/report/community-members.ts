/** Members of communities and the labels of communities, read once and looked up by cluster id. */
import { type IdTable, idAt } from '../core/ids.ts';
import { ln } from '../core/math.ts';
import type { ModelReader } from '../pipeline/model-folder.ts';
import { idsOf, matrixOf, scalars } from '../stages/stage.ts';
import type { Label } from './data.ts';
import { clip } from './html.ts';

export interface Member {
  readonly producer: number;
  readonly score: number;
  /** score · ln(1 + followers), as in the names of clusters. */
  readonly weight: number;
}

const NAMES_IN_LABEL = 3;
const MAX_LABEL_CHARACTERS = 160;

export class CommunityMembers {
  readonly producerIds: IdTable;
  readonly followers: Uint32Array;
  /** Members by cluster id. */
  readonly sizes: Uint32Array;
  /** Clusters with members, the largest first. */
  readonly order: Uint32Array;
  readonly #starts: Uint32Array;
  readonly #producers: Uint32Array;
  readonly #scores: Float32Array;
  readonly #names: IdTable | undefined;

  constructor(model: ModelReader) {
    const producers = model.read('producers');
    this.producerIds = idsOf(producers, 'producerId');
    this.followers = scalars<Uint32Array>(producers, 'followerCount');
    const { numRows, numCols, indptr, indices, data } = matrixOf(
      model.read('knownFor'),
      'clusterId',
      'knownForScore',
    );
    this.#starts = new Uint32Array(numCols + 1);
    for (const cluster of indices) this.#starts[cluster + 1]++;
    this.sizes = this.#starts.slice(1);
    for (let c = 0; c < numCols; c++) this.#starts[c + 1] += this.#starts[c];
    const next = this.#starts.slice();
    this.#producers = new Uint32Array(indices.length);
    this.#scores = new Float32Array(indices.length);
    for (let producer = 0; producer < numRows; producer++) {
      for (let i = indptr[producer]; i < indptr[producer + 1]; i++) {
        const place = next[indices[i]]++;
        this.#producers[place] = producer;
        this.#scores[place] = data?.[i] ?? 1;
      }
    }
    this.order = Uint32Array.from(this.sizes.keys())
      .filter((cluster) => this.sizes[cluster] > 0)
      .sort((a, b) => this.sizes[b] - this.sizes[a] || a - b);
    this.#names = model.has('clusters') ? idsOf(model.read('clusters'), 'name') : undefined;
  }

  /** The most telling first; ties to the lower producer. */
  membersOf(cluster: number): Member[] {
    const members: Member[] = [];
    for (let i = this.#starts[cluster]; i < this.#starts[cluster + 1]; i++) {
      const producer = this.#producers[i];
      const score = this.#scores[i];
      members.push({ producer, score, weight: score * ln(1 + this.followers[producer]) });
    }
    return members.sort((a, b) => b.weight - a.weight || a.producer - b.producer);
  }

  /** The name of a cluster, its topics apart from its producers; without a name: its first members. */
  labelOf(cluster: number, members = this.membersOf(cluster)): Label {
    const name = this.#names && cluster < this.#names.size ? idAt(this.#names, cluster) : '';
    const first = members.length > 0 ? idAt(this.producerIds, members[0].producer) : '';
    if (name === '') {
      const names = members
        .slice(0, NAMES_IN_LABEL)
        .map(({ producer }) => clip(idAt(this.producerIds, producer)));
      return { topic: '', name: clip(names.join(', '), MAX_LABEL_CHARACTERS) };
    }
    const colon = first === '' ? -1 : name.indexOf(`: ${first}`);
    if (colon <= 0) return { topic: '', name: clip(name, MAX_LABEL_CHARACTERS) };
    return { topic: clip(name.slice(0, colon)), name: clip(name.slice(colon + 2), MAX_LABEL_CHARACTERS) };
  }
}
