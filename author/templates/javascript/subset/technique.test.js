import assert from 'node:assert/strict';
import { test } from 'node:test';

import { edit, withDefaults } from '../attune-guest/src/index.js';
import mine, { spread } from '../src/technique.js';
import { small } from './model.js';

test('every element of the subset is an edit', () => {
  const expected = [0, 3].map((layer) => edit('drop-block', { layer, part: 'attention' }));
  assert.deepEqual(mine.lower(small, withDefaults(mine), [[[0, 3]]]), expected);
});

test('layers are spread over depth and one stays', () => {
  assert.deepEqual(spread(4, 2), [1, 3]);
  assert.equal(mine.space(small, withDefaults(mine, { drop: 3 })).dimensions.length, 1);
  assert.throws(() => mine.space(small, withDefaults(mine, { drop: 4 })), /4 layers; one has to stay/);
});
