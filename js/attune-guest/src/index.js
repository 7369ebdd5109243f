// Write a compression technique for attune in JavaScript: an object with `describe`, `space`, `lower`, `cost` and `baselines`.
//
// A technique sees shapes and sizes of a model, never weights, and has no file, clock, network or randomness of its own. Throw `Refused` with a
// sentence that the user can act on; any other error is a bug.

export { active, ascending, budget, distinct, exactly, forbidden } from './constraints.js';
export { boolOption, intOption, intsOption, oneOfOption, realOption } from './describe.js';
export { affine, choice, integer, level, matrix, permutation, real, subset } from './domains.js';
export { Refused } from './errors.js';
export { LinearModule } from './linear-modules.js';
export { debug, info, warn } from './log.js';
export { Model } from './model.js';
export { withDefaults } from './options.js';
export { edit } from './plan.js';
export { Random } from './random.js';
export { Signals } from './signals.js';
export { Target } from './target.js';
