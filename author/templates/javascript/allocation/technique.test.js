import assert from 'node:assert/strict';
import { test } from 'node:test';

import { edit, withDefaults } from '../attune-guest/src/index.js';
import mine, { LEVELS, Modules } from '../src/technique.js';
import { small } from './model.js';

test('the budget counts what the costs count', () => {
  const modules = new Modules(small);
  assert.deepEqual([modules.width, modules.cells.length], [7, 28]);
  // 4 bits, and 32 bits for each group of 64 weights.
  const close = (found) => assert.ok(Math.abs(found - 4.5) < 1e-12, `${found}`);
  close(modules.average(() => 4));
  const [{ costs }] = modules.budget(4.5).terms;
  close(costs.reduce((sum, row) => sum + row[LEVELS.indexOf(4)], 0));
});

test('every module has its edit', () => {
  const cells = Array(28).fill(2);
  cells[8] = 0;
  const edits = mine.lower(small, withDefaults(mine), [cells]);
  assert.deepEqual(edits[8], edit('weight-bits', { layer: 1, module: 'k', bits: LEVELS[0], groupSize: 64 }));
  assert.equal(edits.length, 28);
});
