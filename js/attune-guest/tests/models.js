// Models to try things on, made up.

import { Model } from '../src/index.js';

const facts = {
  name: 'dense',
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
};

export const dense = (extra = {}) => new Model({ ...facts, extra: { ...facts.extra, ...extra } });

export const mixture = () =>
  new Model({ ...facts, name: 'mixture', layers: 2, experts: 8, expertsPerToken: 2, expertParameters: 24_576 });

export const withFacts = (extra, changed = {}) => new Model({ ...facts, ...changed, extra });
