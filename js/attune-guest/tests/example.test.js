import assert from 'node:assert/strict';
import { test } from 'node:test';

import heads from '../examples/local-heads/src/technique.js';
import { edit, withDefaults } from '../src/index.js';
import { dense } from './models.js';

test('the example is a technique in plain JavaScript', () => {
  const options = withDefaults(heads, { window: 32 });
  assert.deepEqual(heads.space(dense(), options).dimensions[0].axes, { layer: 4, 'kv-head': 2 });
  const config = [[0, 1, 0, 0, 0, 0, 0, 0]];
  const expected = edit('attention-span', { layer: 0, kvHead: 1, sink: 4, alpha: 32, beta: 0 });
  assert.deepEqual(heads.lower(dense(), options, config), [expected]);
  assert.equal(heads.cost(dense(), options, config)[0].value, 7);
  assert.deepEqual(heads.baselines(dense())[0].config, [Array(8).fill(1)]);
});
