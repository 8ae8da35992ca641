import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  type FieldType,
  kernelNames,
  kernelTable,
  type Layout,
  layouts,
  placeFields,
  readBlock,
  writeBlock,
} from '../../src/kernels/abi.ts';
import { compile } from '../../src/kernels/load.ts';
import { readWasm } from '../../src/kernels/open.ts';
import { createReferenceKernels } from '../../src/kernels/reference/index.ts';

const test = suite('kernel ABI');

const folder = new URL('../../assembly/', import.meta.url);
const sources = readdirSync(folder)
  .filter((file) => file.endsWith('.ts'))
  .map((file) => readFileSync(new URL(file, folder), 'utf8'))
  .join('\n');

const fieldTypes: Readonly<Record<string, FieldType>> = { usize: 'u32', u32: 'u32', f32: 'f32', f64: 'f64' };

/** What a kernel keeps in its scratch memory is its own affair. */
const inScratch = ['Batch', 'Visit'];

/** `name: type` of each field of each other `@unmanaged class`, in order. */
function declaredBlocks(): Record<string, [string, FieldType][]> {
  const blocks: Record<string, [string, FieldType][]> = {};
  for (const [, name, body] of sources.matchAll(/@unmanaged (?:export )?class (\w+) \{([^}]*)\}/g)) {
    if (inScratch.includes(name)) continue;
    const code = body.replaceAll(/\/\/.*$/gm, '');
    blocks[name] = [...code.matchAll(/(\w+): (\w+);/g)].map(([, field, type]) => [field, fieldTypes[type]]);
  }
  return blocks;
}

test('parameter blocks have the fields of the unmanaged classes, in the same order', () => {
  const declared = declaredBlocks();
  assert.equal(Object.keys(declared).sort(), Object.keys(layouts).sort());
  for (const [name, layout] of Object.entries(layouts))
    assert.equal(Object.entries(layout), declared[name], name);
});

test('each kernel casts its params to the block that the table names', () => {
  for (const name of kernelNames) {
    const body = sources.split(
      `export function ${name}(params: usize, scratch: usize, lo: u32, hi: u32): void {`,
    )[1];
    assert.ok(body, `assembly has no kernel ${name} of the common signature`);
    assert.is(/changetype<(\w+)>\(params\)/.exec(body)?.[1], kernelTable[name].layout, name);
  }
});

for (const file of ['core.threads.wasm', 'core.wasm', 'core.debug.wasm']) {
  test(`${file} exports the kernels of the table and heapBase, and nothing else`, () => {
    const exported = WebAssembly.Module.exports(compile(readWasm(file)));
    assert.equal(exported.map(({ name }) => name).sort(), [...kernelNames, 'heapBase'].sort());
    assert.ok(exported.every(({ kind }) => kind === 'function'));
  });

  test(`${file} imports its memory, and at most abort beside it`, () => {
    const imported = WebAssembly.Module.imports(compile(readWasm(file))).map(({ name }) => name);
    assert.ok(imported.includes('memory'));
    assert.ok(
      imported.every((name) => name === 'memory' || (name === 'abort' && file === 'core.debug.wasm')),
    );
  });
}

test('each kernel has a twin, and no twin lacks a kernel', () => {
  assert.equal(Object.keys(createReferenceKernels(new ArrayBuffer(64))).sort(), [...kernelNames].sort());
});

test('the README of the kernels lists each of them', () => {
  const readme = readFileSync(new URL('README.md', folder), 'utf8');
  const table = readme.slice(readme.indexOf('## Kernels'));
  for (const name of kernelNames) assert.ok(table.includes(`\`${name}\``), name);
});

test('fields do not overlap and are aligned to their width', () => {
  for (const layout of Object.values<Layout>(layouts)) {
    const { size, offsets } = placeFields(layout);
    let end = 0;
    for (const [field, type] of Object.entries(layout)) {
      const width = type === 'f64' ? 8 : 4;
      assert.ok(offsets[field] >= end);
      assert.is(offsets[field] % width, 0);
      end = offsets[field] + width;
    }
    assert.ok(size >= end);
  }
});

const arbitraryOf = {
  u32: fc.integer({ min: 0, max: 0xffffffff }),
  f32: fc.float({ noNaN: true }),
  f64: fc.double({ noNaN: true }),
};

test('what is written to a block is read from it; arrays count as their address, absent fields as 0', () => {
  for (const layout of Object.values<Layout>(layouts)) {
    const fields = Object.entries(layout).map(
      ([field, type]) => [field, fc.option(arbitraryOf[type])] as const,
    );
    fc.assert(
      fc.property(fc.record(Object.fromEntries(fields)), (given) => {
        const view = new DataView(new ArrayBuffer(256));
        const values = Object.fromEntries(Object.entries(given).map(([field, v]) => [field, v ?? undefined]));
        writeBlock(view, 16, layout, values);
        const expected = Object.entries(given).map(([field, value]) => [field, value ?? 0]);
        assert.equal(readBlock(view, 16, layout), Object.fromEntries(expected));
      }),
      { numRuns: 20 },
    );
  }
  const view = new DataView(new ArrayBuffer(64));
  const rows = new Uint32Array(new ArrayBuffer(64), 24, 2);
  writeBlock(view, 0, layouts.ExpandRowsParams, { rowOf: rows });
  assert.equal(readBlock(view, 0, layouts.ExpandRowsParams), { indptr: 0, rowOf: 24 });
});

test.run();
