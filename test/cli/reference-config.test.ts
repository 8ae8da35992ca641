import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseReferenceConfig, readReferenceConfig } from '../../src/cli/reference-config.ts';
import { initialisations } from '../../src/communities/initialise.ts';
import { SimClustersError } from '../../src/core/errors.ts';
import { communityParams } from '../../src/stages/community-params.ts';
import { checkParam } from '../../src/stages/params.ts';

const test = suite('config files of the reference engine');

const parse = (text: string) => parseReferenceConfig(text, 'x.cfg');

function fails(text: string, facts: Record<string, unknown>) {
  try {
    parse(text);
  } catch (error) {
    assert.instance(error, SimClustersError);
    const { code, facts: found } = error as SimClustersError;
    assert.is(code, 'BAD_PARAM');
    assert.is(found.file, 'x.cfg');
    for (const [key, value] of Object.entries(facts)) {
      if (value instanceof RegExp) assert.match(String(Reflect.get(found, key)), value);
      else assert.is(Reflect.get(found, key), value);
    }
    return;
  }
  assert.unreachable(`${text} was taken`);
}

const noLockingWarning = /here moves are made in phases/;

test('an empty config gives the defaults of the reference, and all of them are values that our params take', () => {
  const { given, files, numThreads, warnings } = parse('');
  assert.equal(given, {
    numCommunities: 100,
    wtCoeff: 5,
    scaleCoeff: 0.5,
    maxEpochs: 500,
    runAllEpochs: false,
    eps: 0.01,
    proposal: 'single-or-zero',
    maxMemberships: 5,
    temperatureSchedule: false,
    maxTemperature: 100,
    initialisation: 'random-neighborhoods',
    evaluateEvery: 1,
    splitComponents: true,
    removeWeakLinks: true,
    minCommunitySize: 2,
    normalizeColumns: false,
    update: 'phases',
  });
  assert.equal(files, {});
  assert.is(numThreads, 0);
  assert.is(warnings.length, 1);
  assert.match(warnings[0], noLockingWarning);
  for (const [name, spec] of Object.entries(communityParams)) {
    const value = given[name];
    if (value !== undefined) checkParam(name, spec, value);
  }
  assert.ok(initialisations.some((name) => name === given['initialisation']));
});

test('every key finds its param', () => {
  const { given, files, numThreads, warnings } = parse(`% example
cpu 4
K 12
scaleCoeff 1.0
maxEpoch 10
runAllEpochs TRUE

eps 1e-3
evalRatio 1.0
evalEvery 5
useWeightCoeffForProposal true
useTemperatureSchedule true
maxTemperature 50
  wtCoeff	2.5
proposalStrategy multiplemembershipLIKELIHOOD
maxMembershipsPerVertex 3
updateImmediately true
noLocking false
divideResultIntoConnectedComponents false
removeWeakLinksForConnectedComponents false
minClusterSize 0
randomSeed -7
metisFile in/g.metis
outputByRowsFile r
outputByColsFile c
outputRowsWithScoresFile s
clusterPrecisionFile p\r
`);
  assert.equal(given, {
    numCommunities: 12,
    wtCoeff: 2.5,
    scaleCoeff: 1,
    maxEpochs: 10,
    runAllEpochs: true,
    eps: 0.001,
    proposal: 'multiple',
    maxMemberships: 3,
    temperatureSchedule: true,
    maxTemperature: 50,
    initialisation: 'random-neighborhoods',
    evaluateEvery: 5,
    seed: '-7',
    splitComponents: false,
    removeWeakLinks: false,
    minCommunitySize: 1,
    normalizeColumns: true,
    update: 'phases',
  });
  assert.equal(files, {
    metisFile: 'in/g.metis',
    outputByRowsFile: 'r',
    outputByColsFile: 'c',
    outputRowsWithScoresFile: 's',
    clusterPrecisionFile: 'p',
  });
  assert.is(numThreads, 4);
  assert.equal(
    warnings.map((warning) => warning.split(': ')[0]),
    ['x.cfg, line 9', 'x.cfg, line 11'],
  );
});

test('one thread is serial whatever else is said; then deferred, then phases', () => {
  const updates = (text: string) => {
    const { given, numThreads } = parse(text);
    return [given['update'], numThreads];
  };
  assert.equal(updates('cpu 1\nupdateImmediately false'), ['serial', 1]);
  assert.equal(updates('cpu 0'), ['serial', 1]);
  assert.equal(updates('updateImmediately false\nnoLocking false'), ['deferred', 0]);
  assert.equal(updates('cpu 8\nnoLocking false'), ['phases', 8]);
  assert.equal(parse('cpu 1').warnings, []);
  assert.match(parse('noLocking true').warnings[0], /^x\.cfg, line 1: .*phases/);
});

test('initialisation: rows file, cols file, random, best, non-overlapping, random communities', () => {
  const initialisation = (text: string) => parse(text).given['initialisation'];
  const best = 'initFromBestNeighborhood true\ninitFromNonoverlappingNeighborhood true\n';
  assert.is(initialisation(best), 'random-neighborhoods');
  assert.is(initialisation(`${best}initFromRandomNeighborhood false`), 'best-neighborhoods');
  assert.is(
    initialisation('initFromRandomNeighborhood false\ninitFromNonoverlappingNeighborhood true'),
    'non-overlapping-neighborhoods',
  );
  assert.is(initialisation('initFromRandomNeighborhood false'), 'random');
  const both = parse('cpu 1\ninitFromColsFile c\ninitFromRowsFile r');
  assert.is(both.files.initFromRowsFile, 'r');
  assert.is(both.files.initFromColsFile, undefined);
  assert.match(both.warnings[0], /line 2: initFromColsFile has no effect/);
});

test('what the reference shrugs off is a warning', () => {
  const { given, warnings } = parse(
    'cpu 1\nk 3\nproposalStrategy PureRandom\nK 7 8\nK 9\nmaxMembershipsPerVertex 20\nconstructor 1',
  );
  assert.is(given['numCommunities'], 9);
  assert.is(given['proposal'], 'single-or-zero');
  assert.is(given['maxMemberships'], 8);
  for (const expected of [
    /line 2: unknown key "k"/,
    /line 3: unknown proposalStrategy "PureRandom"/,
    /line 4: only the first word after K counts: "7"/,
    /line 5: K again; this line counts, not line 4/,
    /line 6: maxMembershipsPerVertex 20 is more than 8/,
    /line 7: unknown key "constructor"/,
  ])
    assert.ok(
      warnings.some((warning) => expected.test(warning)),
      `${expected} in ${warnings.join('\n')}`,
    );
});

test('bad values name their line', () => {
  fails('\n%\nK many', { line: 3, got: 'K "many"', expected: /whole number from 1/ });
  fails('K 1.5', { line: 1 });
  fails('K', { line: 1, got: 'K without a value' });
  fails('eps 2', { expected: /from 0 to 1/ });
  fails('wtCoeff NaN', { got: 'wtCoeff "NaN"' });
  fails('runAllEpochs yes', { expected: /true or false/ });
  fails('randomSeed x', { line: 1 });
  fails('maxEpoch 99999999999', { line: 1 });
});

test('read from a file', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'reference-config-'));
  try {
    const file = join(folder, 'my.cfg');
    writeFileSync(file, '\ufeffK 3\ncpu 1\nmetisFile é\n');
    const { given, files, warnings } = await readReferenceConfig(file);
    assert.is(given['numCommunities'], 3);
    assert.is(files.metisFile, 'é');
    assert.equal(warnings, []);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test.run();
