// A choice for every layer: how many bits its weights get. Nothing bounds the choices; a search weighs quality against bits.

import { Refused, edit, intsOption, level } from '../attune-guest/src/index.js';

/** Bits of a weight that is left as it is. */
const EXACT = 16;

/** @satisfies {import('../attune-guest/src/index.js').Technique} */
const mine = {
  describe: () => ({
    name: '@NAME@',
    version: '0.1.0',
    summary: 'Chooses bits for the weights of every layer.',
    options: [
      intsOption('levels', 'bits to choose from: 2, 3, 4, 5, 6, 8, or 16 for none', { min: 2, max: 16, default: [3, 4, 8] }),
    ],
    edits: ['weight-bits'],
  }),

  space(model, options) {
    const domain = level(levels(options));
    return { dimensions: [{ name: 'bits', help: 'bits of the weights of a layer', axes: { layer: model.layers }, domain }] };
  },

  lower: (model, options, config) =>
    chosen(model, options, config).flatMap(({ layer, modules, bits }) =>
      // What stays as it is gets no edit: equal models are then equal plans.
      (bits < EXACT ? modules : []).map((module) =>
        edit('weight-bits', { layer, module: module.name, bits, groupSize: group(module) }),
      ),
    ),

  /** Bits of a weight on average, with a scale and a zero point of 16 bits each for every group. */
  cost(model, options, config) {
    let taken = 0;
    let weights = 0;
    for (const { modules, bits } of chosen(model, options, config)) {
      for (const module of modules) {
        taken += (bits === EXACT ? EXACT : bits + 32 / group(module)) * module.weights;
        weights += module.weights;
      }
    }
    if (weights === 0) throw new Refused(`model \`${model.name}\` has no linear modules that are known here`);
    return [{ resource: 'bits', unit: 'bits/weight', value: taken / weights, dense: EXACT }];
  },

  baselines(model, options) {
    const fewToMany = levels(options);
    const everywhere = (option) => [Array(model.layers).fill(option)];
    const uniform = fewToMany.map((bits, option) => {
      return { name: `uniform-${bits}`, help: `${bits} bits everywhere`, config: everywhere(option) };
    });
    const most = everywhere(fewToMany.length - 1);
    return [{ name: 'default', help: 'the most bits everywhere', config: most }, ...uniform];
  },
};

export default mine;

/** The option `levels`, ascending. */
function levels(options) {
  const found = [...new Set(options.levels)].sort((one, other) => one - other);
  const unknown = found.find((bits) => ![2, 3, 4, 5, 6, 8, EXACT].includes(bits));
  if (unknown !== undefined) {
    throw new Refused(`\`levels\` contains ${unknown}; bits are 2, 3, 4, 5, 6 or 8, and 16 leaves a layer as it is`);
  }
  return found;
}

/** Input channels that share a scale and a zero point. */
function group(module) {
  return [64, 32, 16].find((size) => module.inputs % size === 0) ?? module.inputs;
}

/** The modules of each layer, and their bits. */
function chosen(model, options, config) {
  const fewToMany = levels(options);
  return model.linearModules().map((modules, layer) => ({ layer, modules, bits: fewToMany[config[0][layer]] }));
}
