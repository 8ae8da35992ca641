/** Requests drawn from the document: each is answered by a declared status, in the declared shape, and never by a 5xx. */
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createApp } from '../../src/api/serving-app.ts';
import { HOSTILE } from '../report/models.ts';
import { callsOf, documentOf, requestOf, Schemas } from './document.ts';
import { requestsFor } from './requests.ts';
import { openSmallModel } from './small-model.ts';

const test = suite('fuzz');
const { model, close } = await openSmallModel();
test.after(close);
const { representation } = model;

test('3000 requests', async () => {
  const defects: unknown[] = [];
  const app = createApp({
    models: () => [model],
    packageVersion: '0',
    onAnswer: ({ defect }) => defect && defects.push(defect),
  });
  const document = await documentOf((path, init) => app.request(path, init));
  const calls = callsOf(document);
  const schemas = new Schemas(document);
  const types = representation.kinds.map(({ embeddingType }) => embeddingType);
  const ids = ['user-1-3', 'maker-2-1', 'topic-1', HOSTILE];
  const known = (field: string) => (/type/i.test(field) ? types : field === 'modelVersion' ? ['test'] : ids);
  const seen = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(requestsFor(calls, known), async ({ call, parts, isValid }) => {
      const [url, init] = requestOf(call, parts);
      // An empty id makes a path that leads elsewhere.
      if (/\/\/|\/$|\/\?/.test(url) || /\/\.{1,2}(\/|$|\?)/.test(url)) return;
      const response = await app.request(url, init);
      const body = await response.json();
      assert.equal(defects, []);
      assert.ok(response.status < 500, `${url} ${String(init.body)}: ${JSON.stringify(body)}`);
      schemas.requireDeclared(call, response.status, body);
      if (isValid && response.status === 400)
        assert.is.not(body.error.expected, 'what the OpenAPI document says of it', JSON.stringify(body));
      const key = `${call.path} ${response.status === 200}`;
      seen.set(key, (seen.get(key) ?? 0) + 1);
    }),
    { numRuns: 3000, seed: 6 },
  );
  for (const { path, operation } of calls) {
    assert.ok((seen.get(`${path} true`) ?? 0) >= 10, `${path} was hardly answered`);
    const takesNothing = operation.parameters.length === 0 && !operation.requestBody;
    if (!takesNothing) assert.ok((seen.get(`${path} false`) ?? 0) >= 10, `${path} hardly refused`);
  }
});

test.run();
