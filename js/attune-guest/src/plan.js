// What a config does.

import { dashed } from './names.js';

/** An edit of attune's vocabulary: `edit('weight-bits', { layer: 0, module: 'q', bits: 4, groupSize: 64 })` has the argument `group-size`. */
export function edit(kind, args = {}) {
  return { kind, args: Object.fromEntries(Object.entries(args).map(([name, value]) => [dashed(name), value])) };
}
