import assert from 'node:assert/strict';
import { test } from 'node:test';

import { edit, withDefaults } from '../attune-guest/src/index.js';
import mine, { SINK, windows } from '../src/technique.js';
import { small } from './model.js';

test('windows are on a line from the first layer to the last', () => {
  const config = [[40], [10]];
  assert.deepEqual(windows(4, config), [40, 30, 20, 10]);
  const edits = mine.lower(small, withDefaults(mine), config);
  // Two KV heads in each of four layers.
  assert.equal(edits.length, 8);
  assert.deepEqual(edits[2], edit('attention-span', { layer: 1, kvHead: 0, sink: SINK, alpha: 30, beta: 0 }));
});
