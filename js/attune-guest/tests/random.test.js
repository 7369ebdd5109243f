import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Random } from '../src/index.js';

test('the stream is that of the reference implementation', () => {
  // The first outputs of Vigna's splitmix64.c for seed 1234567.
  const random = new Random(1_234_567);
  assert.deepEqual([random.bits(), random.bits(), random.bits()], [6457827717110365317n, 3203168211198807973n, 9817491932198370423n]);
});

test('positions are equally likely and in range', () => {
  const random = new Random(1n);
  const counts = [0, 0, 0];
  for (let draw = 0; draw < 3000; draw += 1) counts[random.below(3)] += 1;
  // Standard deviation 26: five of them either way.
  assert.ok(counts.every((count) => count > 870 && count < 1130), `${counts}`);
  assert.throws(() => random.below(0), /nothing to choose from/);
});

test('normal draws have the moments of the distribution', () => {
  const random = new Random(1);
  const draws = Array.from({ length: 4000 }, () => random.normal());
  const mean = (power) => draws.reduce((sum, draw) => sum + draw ** power, 0) / 4000;
  // Standard deviations 0.016, 0.022 and 0.155: five of them either way.
  assert.ok(Math.abs(mean(1)) < 0.08 && Math.abs(mean(2) - 1) < 0.11 && Math.abs(mean(4) - 3) < 0.78);
});
