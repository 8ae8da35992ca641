/** Which column of a table plays which part, by the words of its header. */
import { badParam } from './bad-rows.ts';

/** A part a column can play. */
export interface ColumnRole {
  readonly name: string;
  readonly isRequired: boolean;
}

const words: Readonly<Record<string, string>> = {
  consumer: 'consumer user uid actor follower source src from viewer reader listener buyer customer member',
  producer:
    'producer item iid object followee followed following friend target dst dest destination to tweet post movie ' +
    'artist book song track game product account page',
  weight: 'weight score rating count strength',
  time: 'time timestamp ts date datetime eventtime eventtimems eventtimestamp createdat createdutc unixtime',
  verb: 'verb action event eventtype',
  author: 'author creator',
  other: 'topic tag genre language country',
};

const roleOfWord = new Map(
  Object.entries(words).flatMap(([role, list]) => list.split(' ').map((word) => [word, role] as const)),
);

/** The part a column name speaks of (`user_id`, `userId` and `User ID` are all `consumer`), or undefined. */
export function roleOf(columnName: string): string | undefined {
  const word = columnName.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');
  return roleOfWord.get(word) ?? roleOfWord.get(word.replace(/(ids?|name)$/, ''));
}

const things = new Set(
  'item iid object tweet post movie film artist book song track game product page'.split(' '),
);

/** Whether a column name speaks of things, which are no users: equal ids on both sides are then a coincidence. */
export function namesThings(columnName: string): boolean {
  const word = columnName.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');
  return things.has(word) || things.has(word.replace(/(ids?|name)$/, ''));
}

/** Whether a request names a position (1-based) and not a name. */
export function isPosition(request: string): boolean {
  return /^[1-9]\d{0,5}$/.test(request);
}

/**
 * 0-based column of each role, or -1 for a role without one.
 * @param roles in the order of `requested`
 * @param names the header, if there is one
 * @param requested column names or 1-based positions, `-` for none; by default columns are found by their names, and
 *   without a header by their positions
 * Errors: BAD_PARAM.
 */
export function pickColumns(
  roles: readonly ColumnRole[],
  names: readonly string[] | undefined,
  numFields: number,
  requested: readonly string[] | undefined,
  file: string,
): number[] {
  if (requested)
    return roles.map((role, i) => pickRequested(role, names, numFields, requested[i] ?? '-', file));
  if (!names) return roles.map((_, i) => (i < numFields ? i : -1));
  return pickByName(roles, names);
}

function pickRequested(
  { name, isRequired }: ColumnRole,
  names: readonly string[] | undefined,
  numFields: number,
  request: string,
  file: string,
): number {
  if (request === '-' || request === '') {
    if (isRequired) throw badParam(`no column for ${name}`, `a column for ${name}`, 'name one', file);
    return -1;
  }
  const named = names?.indexOf(request) ?? -1;
  if (named >= 0) return named;
  if (isPosition(request) && Number(request) <= numFields) return Number(request) - 1;
  const known = names
    ? `one of ${names.join(', ')}`
    : `a position from 1 to ${numFields}: the file has no header`;
  throw badParam(`column ${JSON.stringify(request)} for ${name}`, known, 'mend the list of columns', file);
}

function pickByName(roles: readonly ColumnRole[], names: readonly string[]): number[] {
  const spoken = names.map(roleOf);
  const picked = roles.map(({ name }) => spoken.indexOf(name));
  // Required columns without a telling name are the columns nobody else claims, in file order.
  const isFree = (column: number) =>
    !picked.includes(column) && !roles.some(({ name }) => name === spoken[column]);
  for (let i = 0; i < roles.length; i++) {
    if (roles[i].isRequired && picked[i] < 0) picked[i] = names.findIndex((_, column) => isFree(column));
  }
  return picked;
}
