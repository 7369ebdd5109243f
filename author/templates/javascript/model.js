// A model to try the technique on: made up, small, dense.

import { Model } from '../attune-guest/src/index.js';

export const small = new Model({
  name: 'small',
  family: 'llama',
  layers: 4,
  hidden: 64,
  heads: 4,
  kvHeads: 2,
  headDim: 16,
  context: 512,
  vocab: 1000,
  parameters: 300_000,
  extra: { 'feed-forward': 128 },
});
