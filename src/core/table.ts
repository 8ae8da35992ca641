/**
 * Table: columns of equal length, the shape of every artifact in memory and on disk.
 * A CSR matrix is a table whose list columns share one `indptr`.
 */

/** Little-endian typed arrays that a table column may hold. */
export type ColumnValues = Int32Array | Uint32Array | Float32Array | Float64Array | BigInt64Array;

export type ValueType = 'int32' | 'uint32' | 'float32' | 'float64' | 'int64';

/** UTF-8 strings end to end: string i is `bytes[offsets[i] .. offsets[i + 1])`. */
export interface StringColumn {
  readonly kind: 'string';
  /** u32[numRows + 1], ascending from 0. */
  readonly offsets: Uint32Array;
  readonly bytes: Uint8Array;
}

export interface ScalarColumn {
  readonly kind: 'scalar';
  readonly values: ColumnValues;
}

/** Row i holds `values[indptr[i] .. indptr[i + 1])`. Columns of one matrix share the same `indptr` object. */
export interface ListColumn {
  readonly kind: 'list';
  /** u32[numRows + 1], ascending from 0; the last entry is `values.length`. */
  readonly indptr: Uint32Array;
  readonly values: ColumnValues;
}

/** A list column whose values are elsewhere, for a table that is written and not looked at. */
export interface StoredListColumn {
  readonly kind: 'stored-list';
  readonly indptr: Uint32Array;
  readonly type: ValueType;
  /** The bytes of the values in order; a piece is valid until the next is taken. */
  readonly pieces: () => Iterable<Uint8Array>;
}

export type Column = StringColumn | ScalarColumn | ListColumn;

export interface Table {
  readonly numRows: number;
  /** In file order. */
  readonly columns: Readonly<Record<string, Column>>;
}

/** A table, or one some of whose lists are not in memory. */
export interface WritableTable {
  readonly numRows: number;
  readonly columns: Readonly<Record<string, Column | StoredListColumn>>;
}

export function valueTypeOf(values: ColumnValues): ValueType {
  if (values instanceof Int32Array) return 'int32';
  if (values instanceof Uint32Array) return 'uint32';
  if (values instanceof Float32Array) return 'float32';
  if (values instanceof Float64Array) return 'float64';
  return 'int64';
}
