// An allocation under a budget: bits for the weights of every module of every layer, where the average is bounded.
//
// The budget is a constraint of the space. What attune draws, varies and crosses keeps it, so no trial is wasted on what is too large.

import { Refused, budget, edit, level, realOption } from '../attune-guest/src/index.js';

/** Bits to choose from. */
export const LEVELS = [2, 3, 4, 6, 8];
/** Bits of a weight of the model as it is. */
const DENSE = 16;

/** @satisfies {import('../attune-guest/src/index.js').Technique} */
const mine = {
  describe: () => ({
    name: '@NAME@',
    version: '0.1.0',
    summary: 'Distributes a budget of bits over the weights of all modules.',
    options: [realOption('average', 'most bits of a weight on average, scales included', { min: 2, max: 16, default: 4.5 })],
    edits: ['weight-bits'],
  }),

  space(model, options) {
    const modules = new Modules(model);
    const least = modules.average(() => LEVELS[0]);
    if (least > options.average) {
      throw new Refused(
        `\`average\` is ${options.average}, but ${LEVELS[0]} bits everywhere take ${least.toFixed(3)} with scales; raise it to that or more`,
      );
    }
    const axes = { layer: model.layers, module: modules.width };
    return {
      dimensions: [{ name: 'bits', help: 'bits of the weights of a module', axes, domain: level(LEVELS) }],
      constraints: [modules.budget(options.average)],
    };
  },

  lower: (model, options, config) =>
    new Modules(model).cells.map(({ layer, module }, cell) =>
      edit('weight-bits', { layer, module: module.name, bits: LEVELS[config[0][cell]], groupSize: group(module) }),
    ),

  cost(model, options, config) {
    const average = new Modules(model).average((cell) => LEVELS[config[0][cell]]);
    return [{ resource: 'bits', unit: 'bits/weight', value: average, dense: DENSE }];
  },

  baselines(model, options) {
    const modules = new Modules(model);
    // The most bits that all can have at once.
    const most = Math.max(0, LEVELS.findLastIndex((bits) => modules.average(() => bits) <= options.average));
    const config = [Array(modules.cells.length).fill(most)];
    const help = `${LEVELS[most]} bits everywhere`;
    return [
      { name: 'default', help: `${help}: where a search starts`, config },
      { name: 'uniform', help, config },
    ];
  },
};

export default mine;

/** All modules of a model, layer by layer: the cells of the dimension. */
export class Modules {
  constructor(model) {
    const layers = model.linearModules();
    this.width = layers[0]?.length ?? 0;
    if (this.width === 0 || layers.some((layer) => layer.length !== this.width)) {
      throw new Refused(`the layers of \`${model.name}\` do not have the same modules, which this technique needs`);
    }
    this.cells = layers.flatMap((modules, layer) => modules.map((module) => ({ layer, module })));
    this.weights = this.cells.reduce((sum, { module }) => sum + module.weights, 0);
  }

  /** Bits of a weight on average, when the cells have these bits. */
  average(bits) {
    return this.cells.reduce((sum, { module }, cell) => sum + this.share(module, bits(cell)), 0);
  }

  /** What a module with these bits adds to the average. */
  share(module, bits) {
    return ((bits + 32 / group(module)) * module.weights) / this.weights;
  }

  /** The average is at most this. */
  budget(average) {
    const costs = this.cells.map(({ module }) => LEVELS.map((bits) => this.share(module, bits)));
    return budget({ resource: 'bits', unit: 'bits/weight', limit: average, terms: [{ dimension: 0, costs }] });
  }
}

/** Input channels that share a scale and a zero point of 16 bits each. */
function group(module) {
  return [64, 32, 16].find((size) => module.inputs % size === 0) ?? module.inputs;
}
