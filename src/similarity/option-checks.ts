/** Options that callers hand in. */
import { SimClustersError } from '../core/errors.ts';

const MAX_U32 = 2 ** 32 - 1;

/** @throws SimClustersError BAD_PARAM where it is not right */
export function requireOption(name: string, value: unknown, isRight: boolean, expected: string): void {
  if (isRight) return;
  throw new SimClustersError('BAD_PARAM', {
    got: `${name} ${value}`,
    expected,
    todo: `Give another ${name}`,
  });
}

/** A number of things, of which there may be none. @throws SimClustersError BAD_PARAM */
export function requireCount(name: string, value: number): void {
  const isRight = Number.isInteger(value) && value >= 0 && value <= MAX_U32;
  requireOption(name, value, isRight, `a whole number from 0 to ${MAX_U32}`);
}

/** One of a list. @throws SimClustersError BAD_PARAM */
export function requireChoice(name: string, value: string, choices: readonly string[]): void {
  requireOption(name, value, choices.includes(value), `one of ${choices.join(', ')}`);
}
