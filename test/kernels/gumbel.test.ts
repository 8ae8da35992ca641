/** Two ways to draw an index with probability e^score / sum are one: inversion, which the sampler uses, and Gumbel noise. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { randomKey, streamOf, uniform } from '../../src/core/rng.ts';
import { drawSoftmax } from '../../src/kernels/reference/metropolis.ts';
import { chiSquareTooLarge } from '../fixtures/statistics.ts';

const test = suite('softmax draws');

const NUM_DRAWS = 40_000;
const key = randomKey('gumbel', 'test');

/** Scores as the sampler meets them: of the empty row, then of communities; alike, apart, tied, negligible, many. */
const scoreVectors = [
  [0],
  [0, 0, 0, 0],
  [0, 1, 2, -1],
  [0, -3.5, -0.25, 0.75, 0.75],
  [0, 500, 499, 498.5],
  [-1200, -1201, -1199, -1300],
  [0, -60, 3, 60 / 17],
  Array.from({ length: 40 }, (_, i) => Math.sin(i) * 2),
];

/** The index of the greatest score + Gumbel(0, 1), the first of equals. */
function drawGumbelMax(scores: readonly number[], stream: number): number {
  const noisy = scores.map((score, i) => score - Math.log(-Math.log(uniform(stream, i))));
  return noisy.indexOf(Math.max(...noisy));
}

function countDraws(scores: readonly number[], draw: (round: number) => number): number[] {
  const counts = scores.map(() => 0);
  for (let round = 0; round < NUM_DRAWS; round++) counts[draw(round)]++;
  return counts;
}

/** Counts of two equally large samples of one distribution: each bin is expected to hold the mean of both. */
function differTooMuch(a: readonly number[], b: readonly number[]): boolean {
  const used = a.map((_, i) => i).filter((i) => a[i] + b[i] > 0);
  const chiSquare = used.reduce((sum, i) => sum + (a[i] - b[i]) ** 2 / (a[i] + b[i]), 0);
  const degrees = used.length - 1;
  return chiSquare > degrees + 5 * Math.sqrt(2 * Math.max(1, degrees));
}

scoreVectors.forEach((scores, vector) => {
  test(`${scores.length} scores from ${scores[0]}: inversion and Gumbel noise agree, with the softmax and each other`, () => {
    const best = Math.max(...scores);
    const inversion = countDraws(scores, (round) =>
      drawSoftmax(scores, best, uniform(streamOf(key, vector, round), 0)),
    );
    // Epochs of their own, so that the two samples share no random number.
    const gumbel = countDraws(scores, (round) => drawGumbelMax(scores, streamOf(key, 100 + vector, round)));
    const weights = scores.map((score) => Math.exp(score - best));
    const total = weights.reduce((a, b) => a + b);
    const expected = weights.map((weight) => (weight / total < 1e-9 ? 0 : (NUM_DRAWS * weight) / total));
    for (const counts of [inversion, gumbel]) assert.not(chiSquareTooLarge(counts, expected), `${counts}`);
    assert.not(differTooMuch(inversion, gumbel), `${inversion}, ${gumbel}`);
  });
});

test('the test would notice: drawing by scores twice as sharp, or without noise, disagrees', () => {
  const scores = scoreVectors[2];
  const drawn = (factor: number) => {
    const scaled = scores.map((score) => score * factor);
    return countDraws(scores, (round) =>
      drawSoftmax(scaled, 2 * factor, uniform(streamOf(key, 50, round), 0)),
    );
  };
  const gumbel = countDraws(scores, (round) => drawGumbelMax(scores, streamOf(key, 150, round)));
  assert.not(differTooMuch(drawn(1), gumbel));
  assert.ok(differTooMuch(drawn(2), gumbel));
  assert.ok(differTooMuch(drawn(1.05), gumbel));
});

test.run();
