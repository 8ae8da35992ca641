/** What the explorer shows is what the model says. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { atlasOf } from '../../src/explorer/atlas.ts';
import { mapOf } from '../../src/explorer/map.ts';
import { communityPortrait, entityPortrait, findEntities } from '../../src/explorer/portraits.ts';
import { openSmallModel } from '../api/small-model.ts';
import { HOSTILE } from '../report/models.ts';

const test = suite('explorer');
const { model, close } = await openSmallModel();
test.after(close);

test('the map holds every community that has producers, the largest first, each at a place of its own', () => {
  const { communities, links, numLeftOut } = mapOf(model);
  assert.is(communities.length, 5);
  assert.is(numLeftOut, 0);
  assert.is(new Set(communities.map(({ x, y }) => `${x} ${y}`)).size, 5);
  for (const { clusterId, name, size, x, y } of communities) {
    assert.is(name, model.nameOf(clusterId));
    assert.is(
      size,
      model.representation.entitiesOf({ embeddingType: 'KnownFor', modelVersion: 'test', clusterId }).length,
    );
    assert.ok(x >= 0 && x <= 1 && y >= 0 && y <= 1);
  }
  const sizes = communities.map(({ size }) => size);
  assert.equal(
    sizes,
    [...sizes].sort((a, b) => b - a),
  );
  assert.ok(links.length > 0, 'all follow `everybody`, so audiences overlap');
  for (const [a, b, share] of links) assert.ok(a < b && b < 5 && share > 0 && share <= 1);
  assert.equal(mapOf(model), { communities, links, numLeftOut });
});

test('an entity: its communities, and others of its group with the reason', () => {
  const { communities, neighbors } = entityPortrait(model, 'producer', 'maker-2-1');
  assert.ok(communities.length > 0 && neighbors.length > 0);
  assert.not(neighbors.some(({ id }) => id === 'maker-2-1'));
  assert.match(neighbors[0].id, /^maker-2-/);
  assert.is(neighbors[0].reasons[0].clusterId, communities[0].clusterId);
  assert.throws(() => entityPortrait(model, 'item', 'nobody'), /UNKNOWN_ID/);
});

test('search: the exact id first, any case, any part', () => {
  const found = (text: string) => findEntities(model, text, 20).map(({ kind, id }) => `${kind} ${id}`);
  assert.equal(found('maker-2-1').slice(0, 2), ['producer maker-2-1', 'item maker-2-1']);
  assert.ok(found('MAKER-3').every((entry) => entry.includes('maker-3')) && found('MAKER-3').length > 4);
  assert.ok(found('onerror').includes(`producer ${HOSTILE}`));
  assert.equal(found('no such text'), []);
  assert.is(findEntities(model, 'maker', 3).length, 3);
});

test('an atlas holds the map, its communities and the best of each, no more than asked', () => {
  const { map, communities, entities } = atlasOf(model);
  assert.equal(map, mapOf(model));
  assert.equal(communities[1], communityPortrait(model, map.communities[1].clusterId));
  for (const { producers } of communities)
    for (const { id } of producers)
      assert.ok(entities.some((entry) => entry.kind === 'producer' && entry.id === id));
  assert.is(atlasOf(model, 7).entities.length, 7);
});

test.run();
