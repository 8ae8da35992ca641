import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Path of the program made of bench/native/NAME.c in the folder; undefined without a C compiler. @throws if one refuses the program */
export function compileNative(name: string, folder: string): string | undefined {
  const source = fileURLToPath(new URL(`${name}.c`, import.meta.url));
  const program = join(folder, name);
  const compiler = ['gcc', 'clang', 'cc'].find((command) => spawnSync(command, ['--version']).status === 0);
  if (compiler === undefined) return undefined;
  const flags = ['-O3', '-march=native', '-ffp-contract=off', '-o', program, source, '-lm'];
  const { status, stderr } = spawnSync(compiler, flags, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${compiler} refuses ${source}:\n${stderr}`);
  return program;
}
