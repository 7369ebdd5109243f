// What one cell of a dimension can be.

/** One of several unordered options, by name. A cell is the position of its option. */
export const choice = (options) => ({ kind: 'choice', options });

/** One of several ordered levels, ascending. A cell is the position of its level. */
export const level = (levels) => ({ kind: 'level', levels });

/** A whole number from `min` to `max`. A cell is a number. */
export const integer = (min, max) => ({ kind: 'int', min, max });

/** A real number from `min` to `max`, on a `linear` or a `log` scale. A cell is a number. */
export const real = (min, max, scale = 'linear') => ({ kind: 'real', min, max, scale });

/** `min` to `max` elements out of `of`; exactly `min` where there is no `max`. A cell is an ascending list of elements. */
export const subset = (of, min, max = min) => ({ kind: 'subset', of, min, max });

/** An order of this many elements. A cell is a list of all of them. */
export const permutation = (of) => ({ kind: 'permutation', of });

/** `of` reals of any sign that sum to `sum`; `spread` is the standard deviation of draws. A cell is the list of them. */
export const affine = (of, sum, spread) => ({ kind: 'affine', of, sum, spread });

/** A matrix of reals, each from `min` to `max`. A cell is the list of them, row by row. */
export const matrix = (rows, columns, min, max) => ({ kind: 'matrix', rows, columns, min, max });
