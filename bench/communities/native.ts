/** The sweep in plain C. */
import { execFileSync } from 'node:child_process';
import type { Contender } from '../medians.ts';
import { compileNative } from '../native/compile.ts';

/**
 * Absent without a compiler. A round's time is that of its mean epoch.
 * @param file  of SamplerRun.write  @param hashes  takes what the program made
 */
export function nativeSweep(
  folder: string,
  file: string,
  numEpochs: number,
  hashes: Set<string>,
): Contender | undefined {
  const program = compileNative('metropolis', folder);
  if (program === undefined) return undefined;
  return {
    name: 'C, 1 thread (gcc -O3 -march=native)',
    async run() {
      const lines = execFileSync(program, [file, String(numEpochs)], { encoding: 'utf8' }).split('\n');
      hashes.add(lines[numEpochs].replace('hash ', ''));
      return lines.slice(0, numEpochs).reduce((sum, line) => sum + Number(line), 0) / numEpochs;
    },
  };
}
