import assert from 'node:assert/strict';
import { test } from 'node:test';

import { boolOption, intOption, intsOption, oneOfOption, realOption, withDefaults } from '../src/index.js';

const technique = {
  describe: () => ({
    options: [
      intOption('group-size', 'whole', { min: 1, max: 9, default: 3 }),
      realOption('share', 'real', { min: 0, max: 1, default: 0.5 }),
      boolOption('tied', 'either', { default: false }),
      oneOfOption('mode', 'a word', ['near', 'far']),
      intsOption('levels', 'several', { min: 2, max: 8, default: [2, 4] }),
    ],
  }),
};

test('what is not given has its default', () => {
  const options = withDefaults(technique, { groupSize: 5, tied: true });
  assert.deepEqual([options.groupSize, options['group-size'], options.share, options.tied], [5, 5, 0.5, true]);
  const { mode, levels } = options;
  assert.deepEqual([mode, levels], ['near', [2, 4]]);
});

test('what the host would refuse is refused', () => {
  const cases = [
    [{ groupSize: 10 }, /`group-size`: 10 is no whole number from 1 to 9/],
    [{ groupSize: 2.5 }, /2.5 is no whole number/],
    [{ share: 'half' }, /half is no real number from 0 to 1/],
    [{ tied: 1 }, /1 is neither true nor false/],
    [{ mode: 'middle' }, /middle is none of near, far/],
    [{ levels: [] }, /is no list of whole numbers/],
    [{ levels: [4, 9] }, /4,9 is no list of whole numbers from 2 to 8/],
    [{ size: 1 }, /`size` is not declared; there are group-size, share/],
  ];
  for (const [given, complaint] of cases) assert.throws(() => withDefaults(technique, given), complaint);
});

test('reading an option that is not declared is a bug', () => {
  assert.throws(() => withDefaults(technique).size, /`size` is read but not declared/);
});
