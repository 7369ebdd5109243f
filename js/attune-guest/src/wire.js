// Between values of the interface (`attune:technique@0.1.0`, as componentize-qjs has them) and the types of this package.

import { Model } from './model.js';
import { optionsOf } from './options.js';
import { Signals } from './signals.js';

const named = (settings) => Object.fromEntries(settings.map(([name, setting]) => [name, setting.val]));

export const modelIn = (facts) => new Model({ ...facts, extra: named(facts.extra) });

export const optionsIn = (settings) => optionsOf(named(settings));

export const configIn = (config) => config.map((cells) => cells.map((cell) => cell.val));

export const signalsIn = (signals) =>
  new Signals(
    signals.map(({ name, axes, values }) => ({ name, axes: Object.fromEntries(axes.map((axis) => [axis.name, axis.len])), values })),
  );

/** A value for the host; `undefined` when it has no such values. */
function settingOut(value) {
  // JavaScript does not tell 4 from 4.0; where attune expects a real number it takes a whole one.
  if (typeof value === 'number') return { tag: Number.isSafeInteger(value) ? 'int' : 'real', val: value };
  if (typeof value === 'string') return { tag: 'text', val: value };
  if (typeof value === 'boolean') return { tag: 'boolean', val: value };
  if (!Array.isArray(value) || value.some((each) => typeof each !== 'number')) return undefined;
  return { tag: value.every(Number.isSafeInteger) ? 'ints' : 'reals', val: [...value] };
}

/** Named values for the host; `what` is a word, `owner` its name. */
const settingsOut = (what, owner, settings) =>
  Object.entries(settings).map(([name, value]) => {
    const setting = settingOut(value);
    if (setting) return [name, setting];
    const found = JSON.stringify(value);
    throw new TypeError(`${what} \`${owner}\`: \`${name}\` is ${found}; expected true or false, a number, a word or a list of numbers`);
  });

export function descriptionOut({ name, version, summary, options = [], signals = [], edits = [], extra = {} }, hasOperators) {
  const described = { name, version, summary, options: options.map(optionOut), signals: [...signals], edits: [...edits], hasOperators };
  return { ...described, extra: settingsOut('technique', name, extra) };
}

function optionOut({ kind, name, help, min, max, words, default: value }) {
  const range = { min, max };
  switch (kind) {
    case 'int':
      return { name, help, kind: { tag: 'int', val: range }, default: { tag: 'int', val: value } };
    case 'real':
      return { name, help, kind: { tag: 'real', val: range }, default: { tag: 'real', val: value } };
    case 'boolean':
      return { name, help, kind: { tag: 'boolean' }, default: { tag: 'boolean', val: value } };
    case 'one-of':
      return { name, help, kind: { tag: 'one-of', val: [...words] }, default: { tag: 'text', val: value } };
    case 'ints':
      return { name, help, kind: { tag: 'ints', val: range }, default: { tag: 'ints', val: [...value] } };
    default:
      throw new TypeError(`option \`${name}\` is of no known kind; make it with intOption and its like`);
  }
}

export const spaceOut = ({ dimensions, constraints = [] }) => ({
  dimensions: dimensions.map(({ name, help, axes = {}, domain }) => ({
    name,
    help,
    axes: Object.entries(axes).map(([axis, len]) => ({ name: axis, len })),
    domain: domainOut(name, domain),
  })),
  constraints: constraints.map(constraintOut),
});

function domainOut(dimension, { kind, ...domain }) {
  switch (kind) {
    case 'choice':
      return { tag: 'choice', val: [...domain.options] };
    case 'level':
      return { tag: 'level', val: [...domain.levels] };
    case 'permutation':
      return { tag: 'permutation', val: domain.of };
    case 'int':
    case 'real':
    case 'subset':
    case 'affine':
    case 'matrix':
      return { tag: kind, val: domain };
    default:
      throw new TypeError(`dimension \`${dimension}\` has no known domain; make it with choice, level and their like`);
  }
}

function constraintOut({ kind, ...rest }) {
  if (kind === 'forbidden') {
    const together = rest.together.map(({ dimension, cell, option }) => [{ dimension, cell }, option]);
    return { tag: kind, val: together };
  }
  // The interface has no form of their own for these.
  if (kind === 'ascending' || kind === 'active') {
    return { tag: 'other', val: { kind, args: settingsOut('constraint', kind, rest) } };
  }
  return { tag: kind, val: rest };
}

/** How a cell of each domain is written, or `undefined` when `cell` is none. */
const CELLS = {
  choice: (cell) => (Number.isInteger(cell) ? { tag: 'index', val: cell } : undefined),
  level: (cell) => (Number.isInteger(cell) ? { tag: 'index', val: cell } : undefined),
  int: (cell) => (Number.isInteger(cell) ? { tag: 'int', val: cell } : undefined),
  real: (cell) => (typeof cell === 'number' ? { tag: 'real', val: cell } : undefined),
  subset: (cell) => (Array.isArray(cell) ? { tag: 'indices', val: [...cell] } : undefined),
  permutation: (cell) => (Array.isArray(cell) ? { tag: 'indices', val: [...cell] } : undefined),
  affine: (cell) => (Array.isArray(cell) ? { tag: 'reals', val: [...cell] } : undefined),
  matrix: (cell) => (Array.isArray(cell) ? { tag: 'reals', val: [...cell] } : undefined),
};

export function configOut(what, config, space) {
  if (config.length !== space.dimensions.length) {
    throw new TypeError(`${what} has ${config.length} dimensions, the space has ${space.dimensions.length}`);
  }
  return space.dimensions.map(({ name, domain }, place) =>
    config[place].map((cell) => {
      const value = CELLS[domain.kind](cell);
      if (!value) throw new TypeError(`${what}: a cell of dimension \`${name}\` is ${JSON.stringify(cell)}, which is none of ${domain.kind}`);
      return value;
    }),
  );
}

export const editsOut = (edits) => edits.map(({ kind, args = {} }) => ({ kind, args: settingsOut('edit', kind, args) }));

export const costsOut = (costs) => costs.map(({ resource, unit, value, dense }) => ({ resource, unit, value, dense }));

export const baselinesOut = (baselines, space) =>
  baselines.map(({ name, help, config }) => ({ name, help, config: configOut(`baseline \`${name}\``, config, space) }));

export const damagesOut = (damages) => damages.map((cells) => cells.map((cell) => [...cell]));
