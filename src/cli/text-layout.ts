/** Pieces of text for a terminal: headings, aligned columns, counts in words. */
import { formatCount } from '../core/format.ts';

/** Wraps a text in the codes of a colour or weight; without colours, gives it back. */
export type Formatter = (text: string) => string;

/** How the text may look. */
export interface TextStyle {
  /** Characters per line. */
  readonly width: number;
  readonly bold: Formatter;
  readonly dim: Formatter;
  readonly accent: Formatter;
}

/** How a column stands: `name` is coloured, at the left, and cut when the line grows too long. */
export type ColumnStyle = 'left' | 'right' | 'name';

/** Between columns, and left of a section's rows. */
const gap = '  ';
const minNameWidth = 12;

export function heading(title: string, style: TextStyle): string[] {
  return ['', style.bold(title)];
}

/** A heading with aligned rows under it; nothing when there are no rows. */
export function section(
  title: string,
  style: TextStyle,
  columns: readonly ColumnStyle[],
  rows: readonly (readonly string[])[],
): string[] {
  return rows.length === 0 ? [] : [...heading(title, style), ...alignedLines(style, columns, rows)];
}

/** Rows as lines whose columns stand below each other, `margin` characters from the left. */
export function alignedLines(
  style: TextStyle,
  columns: readonly ColumnStyle[],
  rows: readonly (readonly string[])[],
  margin = gap.length,
): string[] {
  const widths = columns.map((_, at) => rows.reduce((width, row) => Math.max(width, lengthOf(row[at])), 0));
  const others = widths.reduce((sum, width, at) => sum + (columns[at] === 'name' ? 0 : width), 0);
  const room = style.width - margin - gap.length * (columns.length - 1) - others;
  const fitted = columns.map((column, at) =>
    column === 'name' ? Math.min(widths[at], Math.max(minNameWidth, room)) : widths[at],
  );
  return rows.map((row) => {
    const cells = row.map((cell, at) => paddedCell(cell, columns[at], fitted[at], style));
    return (' '.repeat(margin) + cells.join(gap)).trimEnd();
  });
}

function paddedCell(cell: string, column: ColumnStyle, width: number, style: TextStyle): string {
  const text = clip(cell, width);
  const blanks = ' '.repeat(Math.max(0, width - lengthOf(text)));
  if (column === 'right') return style.dim(blanks + text);
  return column === 'name' ? style.accent(text) + blanks : text + blanks;
}

/** `text` without control characters, cut to so many characters. */
export function clip(text: string, width: number): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: ids may hold what would move the cursor
  const chars = [...text.replace(/[\x00-\x1f\x7f-\x9f]/g, '·')];
  if (chars.length <= width) return chars.join('');
  return `${chars
    .slice(0, Math.max(0, width - 1))
    .join('')
    .trimEnd()}…`;
}

function lengthOf(text: string): number {
  return [...text].length;
}

/** `1 row`, `2 rows` */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

/** A share of 1 in percent, as whole as can be. */
export function percent(share: number): string {
  if (share > 0 && share < 0.01) return '<1 %';
  return `${Math.round(share * 100)} %`;
}

/** Two decimals; two digits when the number is too small for that. */
export function decimals(value: number): string {
  return value === 0 || Math.abs(value) >= 0.01 ? value.toFixed(2) : Number(value.toPrecision(2)).toString();
}
