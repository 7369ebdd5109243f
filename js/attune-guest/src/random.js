// Seeded randomness: a technique has no other.

const BITS = (1n << 64n) - 1n;

/**
 * SplitMix64 (Steele, Lea and Flood, OOPSLA 2014): the stream of a seed is the same everywhere, and in the SDKs of all languages. Meant for varying
 * configs, not for statistics.
 */
export class Random {
  #state;

  /** The generator of a seed: a bigint, or a number. */
  constructor(seed) {
    this.#state = BigInt(seed) & BITS;
  }

  /** The next 64 bits, as a bigint. */
  bits() {
    this.#state = (this.#state + 0x9e3779b97f4a7c15n) & BITS;
    let z = this.#state;
    z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & BITS;
    z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & BITS;
    return z ^ (z >> 31n);
  }

  /** A real number from 0 (included) to 1 (excluded). */
  unit() {
    return Number(this.bits() >> 11n) / 2 ** 53;
  }

  /** `true` with this probability. */
  chance(probability) {
    return this.unit() < probability;
  }

  /** A draw of the standard normal distribution (Box and Muller, 1958). */
  normal() {
    // 1 − unit is never 0, whose logarithm is infinite.
    const radius = Math.sqrt(-2 * Math.log(1 - this.unit()));
    return radius * Math.cos(2 * Math.PI * this.unit());
  }

  /** A position from 0 to `length - 1`, each equally likely. */
  below(length) {
    if (!(length > 0)) throw new RangeError('there is nothing to choose from');
    const wide = BigInt(length);
    // Rejecting the last, incomplete run of `length` numbers keeps every position equally likely.
    const limit = BITS - (BITS % wide);
    for (;;) {
      const bits = this.bits();
      if (bits < limit) return Number(bits % wide);
    }
  }
}
