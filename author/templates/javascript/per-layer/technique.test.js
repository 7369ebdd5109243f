import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Refused, edit, withDefaults } from '../attune-guest/src/index.js';
import mine from '../src/technique.js';
import { small } from './model.js';

test('layers get the bits that were chosen and exact ones no edit', () => {
  const options = withDefaults(mine, { levels: [16, 4, 4] });
  const config = [[1, 1, 0, 1]];
  const edits = mine.lower(small, options, config);
  // Queries, keys, values, output, gate, up and down of layer 2.
  assert.equal(edits.length, 7);
  assert.deepEqual(edits[0], edit('weight-bits', { layer: 2, module: 'q', bits: 4, groupSize: 64 }));
  // Three layers of 16 bits, and one of 4 and a half: 32 bits for each group of 64 weights.
  assert.equal(mine.cost(small, options, config)[0].value, (3 * 16 + 4.5) / 4);
});

test('bits that nobody has are refused', () => {
  const options = withDefaults(mine, { levels: [4, 7] });
  assert.throws(() => mine.space(small, options), (error) => error instanceof Refused && /`levels` contains 7/.test(error.message));
});
