// What a profile may say in `technique.options`.

import { dashed } from './names.js';

/** A whole number from `min` to `max`. */
export function intOption(name, help, { min, max, default: value }) {
  return { kind: 'int', name, help, min, max, default: value };
}

/** A real number from `min` to `max`. */
export function realOption(name, help, { min, max, default: value }) {
  return { kind: 'real', name, help, min, max, default: value };
}

/** `true` or `false`. */
export function boolOption(name, help, { default: value }) {
  return { kind: 'boolean', name, help, default: value };
}

/** One of several words, the first by default. */
export function oneOfOption(name, help, words) {
  return { kind: 'one-of', name, help, words, default: words[0] };
}

/** A list of whole numbers, at least one, each from `min` to `max`. */
export function intsOption(name, help, { min, max, default: value }) {
  return { kind: 'ints', name, help, min, max, default: value };
}

/** Why `value` is none of the values of an option; `undefined` when it is one. */
export function complaint(option, value) {
  const inRange = (each) => each >= option.min && each <= option.max;
  switch (option.kind) {
    case 'int':
      return Number.isInteger(value) && inRange(value) ? undefined : `${value} is no whole number from ${option.min} to ${option.max}`;
    case 'real':
      return Number.isFinite(value) && inRange(value) ? undefined : `${value} is no real number from ${option.min} to ${option.max}`;
    case 'boolean':
      return typeof value === 'boolean' ? undefined : `${value} is neither true nor false`;
    case 'one-of':
      return option.words.includes(value) ? undefined : `${value} is none of ${option.words.join(', ')}`;
    case 'ints': {
      const fits = Array.isArray(value) && value.length > 0 && value.every((each) => Number.isInteger(each) && inRange(each));
      return fits ? undefined : `${value} is no list of whole numbers from ${option.min} to ${option.max}`;
    }
    default:
      throw new TypeError(`there is no kind of option \`${option.kind}\``);
  }
}

/** Whether a name is `name` in attune: `groupSize` reads the option `group-size`. */
export function optionNamed(options, name) {
  return options.find((option) => option.name === name || option.name === dashed(name));
}
