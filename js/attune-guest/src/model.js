// Facts of a model: shapes and sizes, never weights.

import { Refused } from './errors.js';
import { linearModules } from './linear-modules.js';
import { Target } from './target.js';

const ABSENT = {
  experts: 0,
  expertsPerToken: 0,
  context: 0,
  vocab: 0,
  parameters: 0,
  expertParameters: 0,
  bytesPerParameter: 2,
};

/**
 * Shapes and sizes of the loaded model; counts that its family does not have are 0. `extra` are facts that came after 0.1 of the interface: the methods
 * read them.
 */
export class Model {
  constructor(facts) {
    Object.assign(this, ABSENT, facts, { extra: Object.freeze({ ...facts.extra }) });
    Object.freeze(this);
  }

  /** Inner width of a feed-forward part, or of one expert. `Refused` when the host does not say. */
  feedForward() {
    const width = this.number('feed-forward');
    if (width === undefined) {
      throw new Refused(`this attune does not say how wide the feed-forward part of model \`${this.name}\` is; use a newer one`);
    }
    return width;
  }

  /** The linear modules of each layer, in the order of the forward pass; none in a layer that has none. */
  linearModules() {
    return linearModules(this);
  }

  /** The layers that have experts, ascending. */
  expertLayers() {
    return this.numbers('expert-layers') ?? (this.experts > 0 ? upTo(this.layers) : []);
  }

  /** The layers that have a cache of keys and values, ascending. */
  cacheLayers() {
    return this.numbers('cache-layers') ?? upTo(this.layers);
  }

  /** Numbers that one token leaves in the key/value cache of one layer. */
  cacheElements() {
    return this.latentCache() ?? 2 * this.kvHeads * this.headDim;
  }

  /** The same where all heads share a latent, so that there are no keys and values of heads; else `undefined`. */
  latentCache() {
    return this.number('cache-elements');
  }

  /** The matrices with a row for each token, `input` first; none where the host does not list them. */
  embeddings() {
    const shapes = this.numbers('embeddings') ?? [];
    return ['input', 'output'].slice(0, Math.floor(shapes.length / 3)).map((name, place) => {
      const [tokens, channels, size] = shapes.slice(3 * place, 3 * place + 3);
      return { name, tokens, channels, elementBytes: size || undefined };
    });
  }

  /** Bytes of all stored tensors, without those of the linear modules; `undefined` where the host does not say. */
  otherBytes() {
    return this.number('other-bytes');
  }

  /** What the router of a layer has for each expert: one weight per residual channel, and where there are any a bias and a correction. */
  routerParameters() {
    return this.number('router-parameters') ?? this.hidden;
  }

  /** Which mappings of a router's scores are defined: `any`, `one-hot` (each row is the score of one expert) or `none`. */
  routerMapping() {
    return this.word('router-mapping') ?? 'any';
  }

  /**
   * For each layer, the weights of attention and those of the feed-forward part: with all experts, their router, and what answers for every token. Norms
   * and biases, which are a fraction of a per cent, are not counted. `Refused` when the host does not say enough.
   */
  blockParameters() {
    const listed = this.numbers('block-parameters');
    if (listed) return upTo(Math.floor(listed.length / 2)).map((block) => [listed[2 * block], listed[2 * block + 1]]);
    const mixture = this.experts * (this.expertParameters + this.routerParameters());
    const sum = (modules) => modules.reduce((all, module) => all + module.weights, 0);
    return this.linearModules().map((layer) => {
      const dense = layer.filter((module) => ['gate', 'up', 'down'].includes(module.name));
      const attention = layer.filter((module) => !dense.includes(module));
      return [sum(attention), layer.some((module) => module.isOfExperts) ? mixture : sum(dense)];
    });
  }

  /** The target of the search; `undefined` where anything goes. */
  target() {
    const name = this.word('target');
    return name === undefined ? undefined : new Target(name, this);
  }

  /** The fact of that name, where it is a number. */
  number(name) {
    return typeof this.extra[name] === 'number' ? this.extra[name] : undefined;
  }

  /** The fact of that name, where it is a list of numbers. */
  numbers(name) {
    return Array.isArray(this.extra[name]) ? [...this.extra[name]] : undefined;
  }

  /** The fact of that name, where it is a text. */
  word(name) {
    return typeof this.extra[name] === 'string' ? this.extra[name] : undefined;
  }
}

function upTo(length) {
  return Array.from({ length }, (_, place) => place);
}
