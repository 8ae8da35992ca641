/** Markdown tables. */

export function table(header: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const line = (cells: readonly (string | number)[]) => `| ${cells.join(' | ')} |`;
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n');
}

export function percent(share: number | undefined, digits = 1): string {
  return share === undefined ? '-' : `${(share * 100).toFixed(digits)} %`;
}
