import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Signals } from '../src/index.js';

const signals = new Signals([{ name: 'expert-frequency', axes: { layer: 2, expert: 2 }, values: [0.1, 0.9, 0.4, 0.6] }]);

test('a signal is read by its axes', () => {
  assert.deepEqual(signals.get('expert-frequency', { layer: 2, expert: 2 }), [0.1, 0.9, 0.4, 0.6]);
  assert.deepEqual(signals.withAxes('expert-frequency', ['layer', 'expert']).lengths, [2, 2]);
  assert.equal(signals.get('block-influence', { layer: 2 }), undefined);
});

test('another shape is refused with both', () => {
  const found = /axes \(layer: 2, expert: 2\) and 4 values, expected axes \(layer: 3/;
  assert.throws(() => signals.get('expert-frequency', { layer: 3, expert: 2 }), found);
  assert.throws(() => signals.withAxes('expert-frequency', ['layer']), /expected axes \(layer\)/);
});
