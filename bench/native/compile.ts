import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Path of the program made of bench/native/NAME.c in the folder; undefined without a C compiler. */
export function compileNative(name: string, folder: string): string | undefined {
  const source = fileURLToPath(new URL(`${name}.c`, import.meta.url));
  const program = join(folder, name);
  for (const compiler of ['gcc', 'clang', 'cc']) {
    const flags = ['-O3', '-march=native', '-ffp-contract=off', '-o', program, source, '-lm'];
    if (spawnSync(compiler, flags, { stdio: 'ignore' }).status === 0) return program;
  }
  return undefined;
}
