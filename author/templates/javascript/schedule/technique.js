// A schedule over depth: how far attention looks in the first layer and in the last, and a straight line between them.
//
// Two numbers say what every layer does, so a search needs few trials, where one choice for each layer would need many.

import { Refused, budget, edit, intOption, integer } from '../attune-guest/src/index.js';

/** First tokens that every head sees, whatever its window. */
export const SINK = 4;
/** The smallest window, in tokens. */
const LEAST = 4;

/** @satisfies {import('../attune-guest/src/index.js').Technique} */
const mine = {
  describe: () => ({
    name: '@NAME@',
    version: '0.1.0',
    summary: 'Gives every layer a window of attention, along a line from the first layer to the last.',
    options: [
      intOption('window', 'tokens that a layer sees on average, at most', { min: LEAST, max: 1_048_576, default: 32 }),
    ],
    edits: ['attention-span'],
  }),

  space(model, options) {
    if (model.kvHeads === 0) throw new Refused(`\`${model.name}\` has no attention`);
    const domain = integer(LEAST, widest(options.window));
    // On a line, the average over layers is that of its ends: each end costs half of its tokens.
    const terms = [0, 1].map((dimension) => ({ dimension, costs: [[0.5]] }));
    return {
      dimensions: [
        { name: 'first', help: 'tokens that the first layer sees', domain },
        { name: 'last', help: 'tokens that the last layer sees', domain },
      ],
      constraints: [budget({ resource: 'window', unit: 'tokens/layer', limit: options.window, terms })],
    };
  },

  lower(model, options, config) {
    const heads = Array.from({ length: model.kvHeads }, (_, head) => head);
    return windows(model.layers, config).flatMap((window, layer) =>
      heads.map((kvHead) => edit('attention-span', { layer, kvHead, sink: SINK, alpha: Math.floor(window), beta: 0 })),
    );
  },

  cost(model, options, config) {
    const found = windows(model.layers, config);
    const average = found.reduce((sum, window) => sum + window, 0) / found.length;
    return [{ resource: 'window', unit: 'tokens/layer', value: average, dense: model.context }];
  },

  baselines(model, { window }) {
    const line = (first, last) => [[first], [last]];
    return [
      { name: 'default', help: 'the same window everywhere: where a search starts', config: line(window, window) },
      { name: 'uniform', help: 'the same window everywhere', config: line(window, window) },
      { name: 'growing', help: 'from the smallest window to the widest', config: line(LEAST, widest(window)) },
    ];
  },
};

export default mine;

/** A line from twice the window to nothing has the window as its average. */
function widest(window) {
  return Math.max(2 * window - LEAST, LEAST);
}

/** The windows of all layers, in tokens. */
export function windows(layers, config) {
  const [[first], [last]] = config;
  return Array.from({ length: layers }, (_, layer) => first + (last - first) * (layer / Math.max(layers - 1, 1)));
}
