/** Promises of the package. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';

const root = fileURLToPath(new URL('..', import.meta.url));
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

test('every entry of exports and bin exists, and the bin can be started', () => {
  const paths = [...Object.values(manifest.exports), ...Object.values(manifest.bin)].flatMap((entry) =>
    typeof entry === 'string' ? [entry] : Object.values(entry as Record<string, string>),
  ) as string[];
  for (const path of paths) assert.ok(existsSync(join(root, path)), path);
  assert.match(readFileSync(join(root, manifest.bin.simclusters), 'utf8'), /^#!\/usr\/bin\/env node\n/);
});

test('the entries load by their public names', async () => {
  const [main, api, edge, edgeApp, portable] = await Promise.all([
    import('simclusters' as string),
    import('simclusters/api' as string),
    import('simclusters/edge' as string),
    import('simclusters/edge-app' as string),
    import('simclusters/portable' as string),
  ]);
  assert.type(main.runPipeline, 'function');
  assert.type(api.createApp, 'function');
  assert.type(edge.openEdgeModel, 'function');
  assert.type(edgeApp.createEdgeApp, 'function');
  assert.type(portable.openEdgeKernels, 'function');
});

test('dependencies are pinned to what was tested, and those asked for are all used', () => {
  const all = { ...manifest.dependencies, ...manifest.optionalDependencies, ...manifest.devDependencies };
  for (const [name, version] of Object.entries(all)) {
    if (!name.startsWith('@types/')) assert.match(String(version), /^\d/, `${name} ${version}`);
  }
  const decisions = readFileSync(join(root, 'src/DECISIONS.md'), 'utf8');
  for (const name of Object.keys(all)) {
    if (!name.startsWith('@types/'))
      assert.ok(decisions.includes(name.replace('@biomejs/', '')), `${name} has no line in DECISIONS.md`);
  }
});

test('the lockfile names the optional packages of every platform, without which `npm ci` refuses it', () => {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { optionalDependencies?: Record<string, string> }>;
  };
  for (const [name, entry] of Object.entries(packages)) {
    for (const optional of Object.keys(entry.optionalDependencies ?? {})) {
      const isThere =
        `node_modules/${optional}` in packages || `${name}/node_modules/${optional}` in packages;
      assert.ok(isThere, `${optional} of ${name}`);
    }
  }
});

test('Apache-2.0, Node 20.19 or later, enforced on install, no address of a registry in the lockfile', () => {
  assert.is(manifest.license, 'Apache-2.0');
  assert.match(readFileSync(join(root, 'LICENSE'), 'utf8'), /Apache License\s+Version 2\.0/);
  assert.is(manifest.engines.node, '>=20.19');
  assert.match(readFileSync(join(root, '.npmrc'), 'utf8'), /engine-strict=true/);
  assert.not.match(readFileSync(join(root, 'package-lock.json'), 'utf8'), /"resolved": "http/);
});

test.run();
