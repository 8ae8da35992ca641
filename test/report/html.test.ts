import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { binSizes, niceTicks } from '../../src/report/charts.ts';
import { clip, html, jsonForHtml } from '../../src/report/html.ts';
import { compact, percent } from '../../src/report/numbers.ts';
import { HOSTILE } from './models.ts';

test('a template escapes what it is given, except what templates made', () => {
  const inner = html`<b>${HOSTILE}</b>`;
  assert.equal(
    html`<p title="${'"'}">${[inner, inner]}${undefined}${3}</p>`.markup,
    `<p title="&quot;">${inner.markup}${inner.markup}3</p>`,
  );
  assert.not.match(inner.markup, /<img|<\/script/);
  assert.is(html`${"<>&'"}`.markup, '&lt;&gt;&amp;&#39;');
});

test('JSON for a script element has no tag in it and parses to the same', () => {
  const value = { [HOSTILE]: ['<!--', '<script', '\u2028\u2029'] };
  assert.not.match(jsonForHtml(value), /[<\u2028\u2029]/);
  assert.equal(JSON.parse(jsonForHtml(value)), value);
});

test('ids are cut between characters, and the empty id is named', () => {
  assert.is(clip(''), '(empty id)');
  assert.is(clip('short'), 'short');
  assert.is(clip('x'.repeat(80)), 'x'.repeat(80));
  assert.is(clip('x'.repeat(81)), `${'x'.repeat(79)}…`);
  assert.is(clip('😀'.repeat(200), 4), '😀😀😀…');
});

test('numbers stay short', () => {
  assert.equal([0, 12_991, 3_400_000, 12e9].map(compact), ['0', '12,991', '3.40 M', '12.0 G']);
  assert.equal([0, 0.0123, 0.72, 1].map(percent), ['0 %', '1.2 %', '72 %', '100 %']);
});

for (const sizes of [[1], [1, 1, 12], [1, 79, 13, 13], [200, 1, 9_999], [1_000_000, 3]]) {
  test(`bins of sizes up to ${Math.max(...sizes)} are few and hold every size once`, () => {
    const bins = binSizes(sizes);
    assert.ok(bins.length <= 16, `${bins.length} bins`);
    assert.is(
      bins.reduce((sum, { count }) => sum + count, 0),
      sizes.length,
    );
    for (const { from, to, count } of bins)
      assert.is(count, sizes.filter((size) => size >= from && size < to).length);
  });
}

test('no sizes, no bins', () => assert.equal(binSizes([]), []));

for (const [low, high] of [
  [0, 1],
  [0.32, 0.42],
  [0.5, 0.5],
  [0, 0],
  [3, 12_345],
]) {
  test(`ticks from ${low} to ${high} enclose them`, () => {
    const ticks = niceTicks(low, high, 4);
    assert.ok(ticks.length >= 2 && ticks.length <= 8, String(ticks));
    assert.ok(ticks[0] <= low && ticks[ticks.length - 1] >= high, String(ticks));
  });
}

test.run();
