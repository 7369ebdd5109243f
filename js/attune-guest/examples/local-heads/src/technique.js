// Which KV heads look at everything and which only at a window of recent tokens.

import { budget, choice, edit, intOption, realOption } from '../../../src/index.js';

/** @satisfies {import('../../../src/index.js').Technique} */
const mine = {
  describe: () => ({
    name: 'local-heads',
    version: '0.1.0',
    summary: 'Gives some KV heads a window instead of the whole context.',
    options: [
      intOption('window', 'tokens that a local head sees', { min: 1, max: 1_048_576, default: 64 }),
      realOption('local', 'share of the heads that are local', { min: 0, max: 1, default: 0.5 }),
    ],
    edits: ['attention-span'],
  }),

  space(model, options) {
    const axes = { layer: model.layers, 'kv-head': model.kvHeads };
    const heads = { name: 'head', help: 'how far a KV head looks', axes, domain: choice(['global', 'local']) };
    const limit = Math.floor(model.layers * model.kvHeads * (1 - options.local));
    // Option 0, global, costs one head; option 1, local, costs none.
    const costs = [[1, 0]];
    return {
      dimensions: [heads],
      constraints: [budget({ resource: 'global', unit: 'heads', limit, terms: [{ dimension: 0, costs }] })],
    };
  },

  lower(model, options, config) {
    const place = (cell) => ({ layer: Math.floor(cell / model.kvHeads), kvHead: cell % model.kvHeads });
    const span = (cell) => edit('attention-span', { ...place(cell), sink: 4, alpha: options.window, beta: 0 });
    return config[0].flatMap((option, cell) => (option === 1 ? [span(cell)] : []));
  },

  cost(model, options, config) {
    const global = config[0].filter((option) => option === 0).length;
    return [{ resource: 'global', unit: 'heads', value: global, dense: config[0].length }];
  },

  baselines(model) {
    const local = Array(model.layers * model.kvHeads).fill(1);
    return [{ name: 'default', help: 'every head is local', config: [local] }];
  },
};

export default mine;
