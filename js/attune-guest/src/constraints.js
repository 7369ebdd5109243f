// Conditions that every config of a space meets. Dimensions are named by their position.

/**
 * The sum of all terms is at most `limit`. A term is `{ dimension, costs }`, where `costs` has a row for every cell, or one row for all. A row has
 * the cost of each option (`choice`, `level`), of each element (`subset`) or of one unit (`integer`, `real`).
 */
export const budget = ({ resource, unit, limit, terms }) => ({ kind: 'budget', resource, unit, limit, terms });

/** At most this many different options among the cells that agree along the axes `by`. */
export const distinct = ({ dimension, by, atMost }) => ({ kind: 'distinct', dimension, by, atMost });

/** Exactly `count` cells take the option at this position. */
export const exactly = ({ dimension, option, count }) => ({ kind: 'exactly', dimension, option, count });

/** The cells of a `level`, `integer` or `real` dimension do not fall along the axis `along`: ordered thresholds. */
export const ascending = ({ dimension, along }) => ({ kind: 'ascending', dimension, along });

/**
 * The cells of `dimension` count only where the cell of `when` takes one of `options`, by position. `when` is a choice or level dimension of one cell,
 * which decides about all, or of the same axes, cell by cell. Cells that do not count hold their first value, are not varied and cost nothing.
 */
export const active = ({ dimension, when, options }) => ({ kind: 'active', dimension, when, options });

/** Not all of these cells take these options at once: a list of `{ dimension, cell, option }`. */
export const forbidden = (together) => ({ kind: 'forbidden', together });
