/** The kernels compiled without SIMD: the same options as `core.wasm`, one feature less. Made in memory, and shipped nowhere. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { main } from 'assemblyscript/asc';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Bytes of the module. @throws Error with what the compiler says */
export async function compileScalar(): Promise<Uint8Array<ArrayBuffer>> {
  const { options, targets, entries } = JSON.parse(readFileSync(join(root, 'asconfig.json'), 'utf8'));
  const enable = options.enable.filter((feature: string) => feature !== 'simd');
  const config = { entries, options: { ...options, ...targets.single, enable, outFile: 'scalar.wasm' } };
  let made: Uint8Array | undefined;
  const { error, stderr } = await main(['--config', 'asconfig.scalar.json'], {
    readFile: (name) => readSource(name, config),
    writeFile: (name, contents) => {
      if (name.endsWith('.wasm')) made = contents as Uint8Array;
    },
    listFiles: () => [],
  });
  if (error || !made) throw new Error(`no scalar build: ${error?.message}\n${stderr}`);
  return new Uint8Array(made);
}

/** SimHash has a source of its own; the others ask what they are compiled for. */
function readSource(name: string, config: object): string | null {
  if (name.endsWith('asconfig.scalar.json')) return JSON.stringify(config);
  const isSimhash = name === 'assembly/simhash.ts';
  try {
    return readFileSync(join(root, isSimhash ? 'assembly/simhash.scalar.ts' : name), 'utf8');
  } catch {
    return null;
  }
}
