import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  IdIndex,
  idAt,
  idColumn,
  idStrings,
  idTableFromColumn,
  idTableFromStrings,
} from '../../src/core/ids.ts';

const test = suite('ids');

test('ids get indices in order of first appearance', () => {
  const index = new IdIndex();
  assert.equal(
    ['b', 'a', 'b', 'c', 'a'].map((id) => index.addText(id)),
    [0, 1, 0, 2, 1],
  );
  assert.is(index.size, 3);
  assert.equal(idStrings(index.toTable()), ['b', 'a', 'c']);
});

test('find adds nothing', () => {
  const index = new IdIndex();
  index.addText('known');
  assert.is(index.findText('known'), 0);
  assert.is(index.findText('unknown'), -1);
  assert.is(index.findText(''), -1);
  assert.is(index.size, 1);
});

test('64-bit integers that one double stands for stay apart, and keep their text', () => {
  const ids = [
    '9007199254740992',
    '9007199254740993',
    '9223372036854775807',
    '18446744073709551615',
    '-1',
    '1',
    '01',
  ];
  const index = new IdIndex();
  assert.equal(
    ids.map((id) => index.addText(id)),
    [...ids.keys()],
  );
  assert.equal(idStrings(index.toTable()), ids);
});

test('unicode: bytes count, not looks', () => {
  // An e with its accent as one character and as two; a byte order mark belongs to the id; the last id is empty.
  const ids = ['\u00e9', 'e\u0301', '\u00ff', '用户', '👩\u200d👧', 'a\u0000b', 'a', '\ufeffa', ''];
  const index = new IdIndex();
  for (const id of ids) index.addText(id);
  assert.is(index.size, ids.length);
  const table = index.toTable();
  ids.forEach((id, i) => {
    assert.is(idAt(table, i), id);
    assert.is(index.findText(id), i);
  });
});

test('an id may lie anywhere in a buffer', () => {
  const bytes = new TextEncoder().encode('xx12345,12,345');
  const index = new IdIndex();
  assert.is(index.add(bytes, 2, 7), 0);
  assert.is(index.add(bytes, 8, 10), 1);
  assert.is(index.find(bytes, 2, 4), 1, 'the head of an id is another id');
  assert.is(index.find(bytes, 4, 7), -1);
  assert.is(index.add(bytes, 11, 14), 2);
  bytes.fill(0);
  assert.equal(idStrings(index.toTable()), ['12345', '12', '345'], 'ids are copied');
});

test('hundreds of thousands of ids: tables grow, equal hashes are told apart', () => {
  // Among this many there are about ten pairs with the same 32-bit hash.
  const numIds = 300_000;
  const index = new IdIndex();
  let wrong = 0;
  for (let i = 0; i < numIds; i++) if (index.addText(String(i * 7919)) !== i) wrong++;
  for (let i = 0; i < numIds; i++) if (index.findText(String(i * 7919)) !== i) wrong++;
  for (let i = 0; i < 1000; i++) if (index.findText(`x${i}`) !== -1) wrong++;
  assert.is(wrong, 0);
  const table = index.toTable();
  assert.is(table.size, numIds);
  assert.is(table.offsets.length, numIds + 1);
  assert.is(table.offsets[numIds], table.bytes.length);
  assert.is(idAt(table, numIds - 1), String((numIds - 1) * 7919));
});

test('one long id after short ones', () => {
  const index = new IdIndex();
  index.addText('short');
  const long = 'ab'.repeat(50_000);
  assert.is(index.addText(long), 1);
  assert.is(index.addText(`${long}c`), 2);
  assert.is(index.findText(long), 1);
  assert.is(index.findText('short'), 0);
});

test('an index behaves as a Map does', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 4 })), (texts) => {
      const index = new IdIndex();
      const map = new Map<string, number>();
      for (const text of texts) {
        if (!map.has(text)) map.set(text, map.size);
        assert.is(index.addText(text), map.get(text));
      }
      const table = index.toTable();
      assert.equal(idStrings(table), [...map.keys()]);
      assert.equal(table, idTableFromStrings([...map.keys()]));
      assert.equal(idTableFromColumn(idColumn(table)), table);
      const again = IdIndex.from(table);
      for (const [text, i] of map) assert.is(again.findText(text), i);
    }),
  );
});

test('an empty table', () => {
  const table = new IdIndex().toTable();
  assert.equal(table, idTableFromStrings([]));
  assert.equal(idStrings(table), []);
  assert.is(IdIndex.from(table).size, 0);
});

test.run();
