// Reading signals: measured statistics of the dense model.

import { Refused } from './errors.js';

/** The statistics that the technique asked for, as far as they were measured. */
export class Signals {
  #signals;

  /** Of signals as `{ name, axes: { layer: 4 }, values }`. */
  constructor(signals = []) {
    this.#signals = signals;
  }

  /** The signal `name` with exactly these axes, row-major; `undefined` when it was not measured. `Refused` when its shape is another one. */
  get(name, axes) {
    const found = this.withAxes(name, Object.keys(axes));
    if (!found) return undefined;
    const expected = Object.values(axes);
    if (found.lengths.some((length, axis) => length !== expected[axis])) {
      throw this.#misshapen(name, Object.entries(axes).map(([axis, length]) => `${axis}: ${length}`));
    }
    return found.values;
  }

  /** The signal `name` with axes of these names, however long: `{ lengths, values }`, the values row-major; `undefined` when it was not measured. */
  withAxes(name, axes) {
    const signal = this.#find(name);
    if (!signal) return undefined;
    const lengths = Object.values(signal.axes);
    const cells = lengths.reduce((product, length) => product * length, 1);
    const names = Object.keys(signal.axes);
    const same = names.length === axes.length && names.every((axis, place) => axis === axes[place]);
    if (!same || signal.values.length !== cells) throw this.#misshapen(name, axes);
    return { lengths, values: [...signal.values] };
  }

  #find(name) {
    return this.#signals.find((signal) => signal.name === name);
  }

  #misshapen(name, expected) {
    const signal = this.#find(name);
    const found = Object.entries(signal.axes).map(([axis, length]) => `${axis}: ${length}`);
    return new Refused(
      `signal \`${name}\` has axes (${found.join(', ')}) and ${signal.values.length} values, expected axes (${expected.join(', ')})`,
    );
  }
}
