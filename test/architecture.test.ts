/** The levels that src/ARCHITECTURE.md prints are those of the imports. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';

const source = fileURLToPath(new URL('../src', import.meta.url));
const text = readFileSync(join(source, 'ARCHITECTURE.md'), 'utf8');
const levels = new Map(
  [...text.matchAll(/^\| (\w+) \| (\d) \| (yes|no) \|/gm)].map(([, folder, level, node]) => [
    folder,
    { level: Number(level), mayUseNode: node === 'yes' },
  ]),
);

const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) =>
  file.endsWith('.ts'),
);
const folderOf = (file: string): string => file.split('/')[0];

function importsOf(file: string): string[] {
  const code = readFileSync(join(source, file), 'utf8');
  return [...code.matchAll(/(?:from|import\()\s*'([^']+)'/g)].map(([, target]) => target);
}

test('every folder with code has a level, and every level a folder', () => {
  const folders = new Set(files.filter((file) => file.includes('/')).map(folderOf));
  assert.equal([...folders].sort(), [...levels.keys()].sort());
});

for (const file of files.filter((name) => name.includes('/'))) {
  test(`${file} imports downwards`, () => {
    const own = levels.get(folderOf(file));
    assert.ok(own);
    for (const target of importsOf(file)) {
      if (target.startsWith('node:')) assert.ok(own.mayUseNode, `${file} imports ${target}`);
      if (!target.startsWith('.')) continue;
      const other = folderOf(relative(source, resolve(source, dirname(file), target)));
      if (other === folderOf(file)) continue;
      const level = levels.get(other)?.level ?? Number.POSITIVE_INFINITY;
      assert.ok(level < own.level, `${file} (level ${own.level}) imports ${target} (level ${level})`);
    }
  });
}

test('only kernels/load.ts touches WebAssembly', () => {
  const uses = files.filter((file) =>
    /WebAssembly\.(?!Module\b|Memory\b)|new WebAssembly/.test(readFileSync(join(source, file), 'utf8')),
  );
  assert.equal(uses, ['kernels/load.ts']);
});

test('pure folders read no clock and draw no random number of their own', () => {
  const pure = files.filter(
    (file) => (levels.get(folderOf(file))?.level ?? 9) === 2 || file.startsWith('core/'),
  );
  for (const file of pure) {
    const code = readFileSync(join(source, file), 'utf8').replace(/performance\.now\(\)/g, '');
    assert.not.match(code, /Date\.now|new Date|Math\.random|(?<!-)process\./, file);
  }
});

test('kernels import nothing from src and allocate nothing', () => {
  const assembly = fileURLToPath(new URL('../assembly', import.meta.url));
  for (const file of readdirSync(assembly).filter((name) => name.endsWith('.ts'))) {
    const code = readFileSync(join(assembly, file), 'utf8');
    assert.not.match(code, /\.\.\/src|\bnew [A-Z]|atomic\.wait/, file);
  }
});

/** Every file that an entry reaches, and every package beside it. */
function reachableFrom(entry: string): { files: Set<string>; packages: Set<string> } {
  const files = new Set<string>();
  const packages = new Set<string>();
  const visit = (file: string): void => {
    if (files.has(file)) return;
    files.add(file);
    for (const target of importsOf(file)) {
      if (target.startsWith('.')) visit(relative(source, resolve(source, dirname(file), target)));
      else packages.add(target);
    }
  };
  visit(entry);
  assert.ok(files.size > 5);
  return { files, packages };
}

test('the edge entry imports nothing but the loader, those of the edge app and the portable one no Node API', () => {
  assert.equal([...reachableFrom('edge.ts').packages], ['@assemblyscript/loader']);
  for (const entry of ['edge-app.ts', 'portable.ts'])
    assert.not.ok(
      [...reachableFrom(entry).packages].some((name) => name.startsWith('node:')),
      entry,
    );
});

test.run();
