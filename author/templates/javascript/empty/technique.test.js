import assert from 'node:assert/strict';
import { test } from 'node:test';

import { edit, withDefaults } from '../attune-guest/src/index.js';
import mine from '../src/technique.js';
import { small } from './model.js';

const options = withDefaults(mine);

test('the first option changes nothing and the others drop their layer', () => {
  const [dimension] = mine.space(small, options).dimensions;
  assert.deepEqual(dimension.domain.options, ['none', 'layer-0', 'layer-1', 'layer-2', 'layer-3']);
  assert.deepEqual(mine.lower(small, options, [[0]]), []);
  assert.deepEqual(mine.lower(small, options, [[3]]), [edit('drop-block', { layer: 2 })]);
});

test('a block that is left out costs nothing', () => {
  const [[nothing], [one]] = [0, 1].map((option) => mine.cost(small, options, [[option]]));
  assert.equal(nothing.value, nothing.dense);
  // Queries and output, keys and values, and three matrices of the feed-forward part, two bytes a weight.
  assert.equal(one.dense - one.value, 2 * (2 * 64 * 64 + 2 * 64 * 32 + 3 * 64 * 128));
});
