/** Sizes of memory as people write them. */
import { SimClustersError } from '../core/errors.ts';

const units: Readonly<Record<string, number>> = {
  '': 1,
  B: 1,
  K: 2 ** 10,
  KB: 1e3,
  KIB: 2 ** 10,
  M: 2 ** 20,
  MB: 1e6,
  MIB: 2 ** 20,
  G: 2 ** 30,
  GB: 1e9,
  GIB: 2 ** 30,
};

/** `512MB` → 512,000,000; `512MiB` and `512M` are powers of 2. @throws SimClustersError BAD_PARAM */
export function parseBytes(flag: string, text: string): number {
  const [, number, unit] = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text.trim()) ?? [];
  const factor = unit === undefined ? undefined : units[unit.toUpperCase()];
  if (number !== undefined && factor !== undefined) return Math.floor(Number(number) * factor);
  throw new SimClustersError('BAD_PARAM', {
    got: `--${flag} ${text}`,
    expected: 'a size such as 512MB or 2GiB',
    todo: 'Write a number with B, KB, MB, GB, KiB, MiB or GiB',
  });
}
