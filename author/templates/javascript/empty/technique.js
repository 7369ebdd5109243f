// One decision about the whole model: which block is left out, if any. The smallest technique that runs; put yours in its place.

import { choice, edit } from '../attune-guest/src/index.js';

/** @satisfies {import('../attune-guest/src/index.js').Technique} */
const mine = {
  describe: () => ({
    name: '@NAME@',
    version: '0.1.0',
    summary: 'Leaves out one block of the model, or none.',
    edits: ['drop-block'],
  }),

  /** What can be decided: here one of several words. */
  space(model) {
    const words = ['none', ...Array.from({ length: model.layers }, (_, layer) => `layer-${layer}`)];
    return { dimensions: [{ name: 'dropped', help: 'the block that is left out', domain: choice(words) }] };
  },

  /** What a config does to the model: edits of attune's vocabulary. */
  lower(model, options, config) {
    const layer = dropped(config);
    return layer === undefined ? [] : [edit('drop-block', { layer })];
  },

  /** What it costs, beside the model as it is. */
  cost(model, options, config) {
    const layer = dropped(config);
    const [attention, feedForward] = layer === undefined ? [0, 0] : model.blockParameters()[layer];
    const size = model.bytesPerParameter;
    const value = (model.parameters - attention - feedForward) * size;
    return [{ resource: 'weights', unit: 'bytes', value, dense: model.parameters * size }];
  },

  /** What a search starts from and has to beat. */
  baselines: () => [{ name: 'default', help: 'everything stays', config: [[0]] }],
};

export default mine;

/** The layer that is left out: option 0 leaves out none. */
function dropped(config) {
  const option = config[0][0];
  return option > 0 ? option - 1 : undefined;
}
