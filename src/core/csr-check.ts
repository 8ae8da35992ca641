/** Matrices that callers hand in: what the kernels take on trust. */
import type { Csr } from './csr.ts';
import { SimClustersError } from './errors.ts';

const MAX_U32 = 2 ** 32 - 1;

/**
 * Refuses what is no matrix: other arrays than u32, u32 and f32, lengths that do not fit, rows that run backwards, columns
 * out of range, out of order or twice in a row. Cost O(rows + nnz).
 * @param name  what the caller calls it
 * @throws SimClustersError BAD_PARAM
 */
export function requireCsr(name: string, csr: Csr): void {
  const expect = (isRight: boolean, got: string, expected: string) => {
    if (!isRight) refuse(`${name}${got}`, expected);
  };
  expect(
    typeof csr === 'object' && csr !== null,
    ` ${csr}`,
    'a matrix { numRows, numCols, indptr, indices, data? }',
  );
  const { numRows, numCols, indptr, indices, data } = csr;
  for (const [field, value] of Object.entries({ numRows, numCols }))
    expect(isCount(value), `.${field} ${value}`, `a whole number from 0 to ${MAX_U32}`);
  expect(indptr instanceof Uint32Array, `.indptr of type ${typeName(indptr)}`, 'a Uint32Array');
  expect(indices instanceof Uint32Array, `.indices of type ${typeName(indices)}`, 'a Uint32Array');
  const hasFloats = data === undefined || data instanceof Float32Array;
  expect(hasFloats, `.data of type ${typeName(data)}`, 'a Float32Array, or none for ones');
  const { length } = indptr;
  expect(length === numRows + 1, `.indptr of length ${length} for ${numRows} rows`, `length ${numRows + 1}`);
  expect(indptr[0] === 0, `.indptr[0] ${indptr[0]}`, '0');
  const total = indptr[numRows];
  expect(
    indices.length === total,
    `.indices of length ${indices.length}`,
    `length ${total}, where indptr ends`,
  );
  expect(
    !data || data.length === total,
    `.data of length ${data?.length}`,
    `length ${total}, that of indices`,
  );
  for (let row = 0; row < numRows; row++) requireRow(name, csr, row);
}

function requireRow(name: string, { numCols, indptr, indices }: Csr, row: number): void {
  const [begin, end] = [indptr[row], indptr[row + 1]];
  if (end < begin || end > indices.length)
    refuse(
      `${name}.indptr[${row + 1}] ${end} after ${begin}`,
      `places that never go back, up to ${indices.length}`,
    );
  for (let i = begin; i < end; i++) {
    if (indices[i] >= numCols)
      refuse(`${name}: column ${indices[i]} in row ${row}`, `columns below numCols ${numCols}`);
    if (i > begin && indices[i] <= indices[i - 1])
      refuse(
        `${name}: column ${indices[i]} after ${indices[i - 1]} in row ${row}`,
        'columns ascending, each once',
      );
  }
}

function isCount(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= MAX_U32;
}

function typeName(value: unknown): string {
  return (value as object | undefined)?.constructor?.name ?? String(value);
}

function refuse(got: string, expected: string): never {
  throw new SimClustersError('BAD_PARAM', {
    got,
    expected,
    todo: 'Build compressed sparse rows (CSR): row r holds the columns indices[indptr[r] .. indptr[r + 1])',
  });
}
