import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Refused } from '../src/index.js';
import { dense, mixture, withFacts } from './models.js';

// Two layers: attention with `q` and `o` in the first, a module of four experts in the second.
const LISTED = {
  modules: 'q o up',
  'module-inputs': [0, 1, 2],
  'module-tensors': [0, 0, 2],
  'module-shapes': [64, 32, 1, 1, 32, 64, 1, 1, 0, 0, 0, 0, ...Array(8).fill(0), 128, 64, 4, 2],
  'module-element-bytes': [2, 4, 0, 0, 0, 2],
};

const refused = (sentence) => (error) => error instanceof Refused && sentence.test(error.message);

test('modules are those that the host lists', () => {
  const [first, second] = withFacts(LISTED, { layers: 2 }).linearModules();
  assert.deepEqual(first.map(({ name, tensor, elementBytes }) => [name, tensor, elementBytes]), [['q', 'q', 2], ['o', 'q', 4]]);
  const [up] = second;
  assert.deepEqual([second.length, up.outputs, up.inputs, up.matrices, up.rows, up.elementBytes], [1, 128, 64, 4, 2, 2]);
  assert.ok(up.isOfExperts);
  assert.equal(up.weights, 128 * 64 * 4);
});

test('a host that lists none has those of Llama and Mixtral', () => {
  assert.deepEqual(dense().linearModules()[0].map(({ name }) => name), ['q', 'k', 'v', 'o', 'gate', 'up', 'down']);
  const down = mixture().linearModules()[0][6];
  assert.deepEqual([down.matrices, down.rows], [8, 2]);
});

test('lists that contradict each other and too little are refused', () => {
  const wrong = withFacts({ ...LISTED, 'module-inputs': [0, 9, 2] });
  assert.throws(() => wrong.linearModules(), refused(/model `dense` contradict each other/));
  assert.throws(() => withFacts({}).linearModules(), refused(/feed-forward part of model `dense`/));
});

test('blocks count attention and the rest', () => {
  const attention = 2 * 64 * 64 + 2 * 64 * 32;
  assert.deepEqual(dense().blockParameters()[0], [attention, 3 * 64 * 128]);
  assert.deepEqual(mixture().blockParameters()[0], [attention, 8 * (24_576 + 64)]);
  assert.deepEqual(dense({ 'block-parameters': [1, 2, 3, 4] }).blockParameters(), [[1, 2], [3, 4]]);
});

test('facts that came later have what older hosts meant', () => {
  const old = dense();
  assert.deepEqual([old.cacheElements(), old.cacheLayers(), old.expertLayers()], [64, [0, 1, 2, 3], []]);
  assert.deepEqual([old.routerMapping(), old.otherBytes(), old.embeddings()], ['any', undefined, []]);
  const later = dense({ 'cache-layers': [1], 'cache-elements': 9, embeddings: [10, 4, 0] });
  assert.deepEqual([later.cacheElements(), later.cacheLayers()], [9, [1]]);
  assert.deepEqual(later.embeddings(), [{ name: 'input', tokens: 10, channels: 4, elementBytes: undefined }]);
});

test('a target says what it takes', () => {
  assert.equal(dense().target(), undefined);
  const facts = {
    target: 'gguf',
    'target-edits': 'weight-bits kv-bits',
    'target-weight-bits-levels': [4, 8],
    'target-weight-bits-together': 'q+k+v experts',
  };
  const target = dense(facts).target();
  assert.deepEqual([target.name, target.takes('weight-bits'), target.takes('drop-block')], ['gguf', true, false]);
  assert.deepEqual([target.levels('weight-bits'), target.groups('weight-bits')], [[4, 8], undefined]);
  assert.deepEqual([target.together('weight-bits'), target.layers('kv-bits')], [['q+k+v', 'experts'], 'own']);
});
