/** Bearer tokens: who may ask. */
import { refusal } from './problems.ts';

export interface Tokens {
  /** Place of the token in the list, or -1. */
  find(authorization: string | undefined): number;
}

/** Compares with every token, to the end: how long it takes says nothing about any of them. */
export function tokensOf(tokens: readonly string[]): Tokens {
  return {
    find(authorization = '') {
      const given = /^Bearer +([^ ]+) *$/i.exec(authorization)?.[1];
      if (given === undefined) return -1;
      return tokens.reduce((found, token, place) => (isSame(token, given) ? place : found), -1);
    },
  };
}

function isSame(token: string, given: string): boolean {
  let difference = token.length ^ given.length;
  for (let i = 0; i < given.length; i++)
    difference |= token.charCodeAt(i % token.length) ^ given.charCodeAt(i);
  return difference === 0;
}

export function noToken() {
  return refusal(
    'UNAUTHORIZED',
    'no token, or one that is not known',
    'the header Authorization: Bearer TOKEN',
    'Ask those who run the server for a token',
  );
}
