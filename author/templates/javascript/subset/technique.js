// A subset: which layers lose their attention, a given number of them. The size is part of the space, so no search leaves it.

import { Refused, edit, intOption, subset } from '../attune-guest/src/index.js';

/** @satisfies {import('../attune-guest/src/index.js').Technique} */
const mine = {
  describe: () => ({
    name: '@NAME@',
    version: '0.1.0',
    summary: 'Leaves out the attention of some layers, and searches which.',
    options: [intOption('drop', 'how many layers lose their attention', { min: 1, max: 1024, default: 2 })],
    edits: ['drop-block'],
  }),

  space(model, options) {
    const domain = subset(model.layers, count(model, options));
    return { dimensions: [{ name: 'dropped', help: 'the layers without attention', domain }] };
  },

  lower: (model, options, config) => config[0][0].map((layer) => edit('drop-block', { layer, part: 'attention' })),

  cost(model, options, config) {
    const [blocks, dropped] = [model.blockParameters(), config[0][0]];
    // Of a block, the first number is that of attention.
    const saved = dropped.reduce((sum, layer) => sum + blocks[layer][0], 0);
    const size = model.bytesPerParameter;
    return [
      { resource: 'weights', unit: 'bytes', value: (model.parameters - saved) * size, dense: model.parameters * size },
      { resource: 'caching', unit: 'layers', value: model.layers - dropped.length, dense: model.layers },
    ];
  },

  baselines(model, options) {
    const drop = count(model, options);
    const last = Array.from({ length: drop }, (_, place) => model.layers - drop + place);
    return [
      { name: 'default', help: 'evenly over depth: where a search starts', config: [[spread(model.layers, drop)]] },
      { name: 'last', help: 'the last layers', config: [[last]] },
    ];
  },
};

export default mine;

/** The option `drop`, where the model has so many layers. */
function count(model, options) {
  if (options.drop >= model.layers) {
    throw new Refused(`\`drop\` is ${options.drop}, but \`${model.name}\` has ${model.layers} layers; one has to stay`);
  }
  return options.drop;
}

/** The middles of `count` equal stretches of the layers. */
export function spread(layers, count) {
  return Array.from({ length: count }, (_, stretch) => Math.floor(((2 * stretch + 1) * layers) / (2 * count)));
}
