// Reading options.

import { complaint, optionNamed } from './describe.js';
import { dashed } from './names.js';

/**
 * The options of a study as properties: complete and of the declared kinds, because the host checked them. `groupSize` reads the option
 * `group-size`; reading one that the description does not declare is a bug of the technique, and throws.
 */
export function optionsOf(values) {
  return new Proxy(Object.freeze({ ...values }), {
    get(known, name) {
      if (typeof name === 'symbol') return known[name];
      const found = Object.hasOwn(known, name) ? name : dashed(name);
      if (!Object.hasOwn(known, found)) throw new TypeError(`option \`${name}\` is read but not declared`);
      return known[found];
    },
  });
}

/** The options of a technique with their defaults, but for those that are given: for tests. Throws for what the host would not let through. */
export function withDefaults(technique, given = {}) {
  const declared = technique.describe().options ?? [];
  const values = Object.fromEntries(declared.map((option) => [option.name, option.default]));
  for (const [name, value] of Object.entries(given)) {
    const option = optionNamed(declared, name);
    if (!option) {
      throw new TypeError(`option \`${name}\` is not declared; there are ${Object.keys(values).join(', ') || 'none'}`);
    }
    const wrong = complaint(option, value);
    if (wrong) throw new TypeError(`option \`${option.name}\`: ${wrong}`);
    values[option.name] = value;
  }
  return optionsOf(values);
}
