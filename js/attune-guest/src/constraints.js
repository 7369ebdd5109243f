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

/** Not all of these cells take these options at once: a list of `{ dimension, cell, option }`. */
export const forbidden = (together) => ({ kind: 'forbidden', together });
