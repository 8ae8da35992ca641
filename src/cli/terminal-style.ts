import { colorsFor } from './colors.ts';
import type { TextStyle } from './text-layout.ts';

/** Lines wider than this are hard to read; pipes get this width. */
const maxWidth = 110;
const minWidth = 60;

/** How text on standard output may look. */
export function terminalStyle(): TextStyle {
  const { columns } = process.stdout;
  const { bold, dim, cyan } = colorsFor(process.stdout);
  return { width: Math.max(minWidth, Math.min(maxWidth, columns || maxWidth)), bold, dim, accent: cyan };
}
