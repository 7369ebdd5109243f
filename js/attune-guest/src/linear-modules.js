// The linear modules of a model's layers.

import { Refused } from './errors.js';

/** What a layer has of a linear module. */
export class LinearModule {
  constructor({ name, input, tensor, outputs, inputs, matrices, rows, elementBytes }) {
    Object.assign(this, { name, input, tensor, outputs, inputs, matrices, rows, elementBytes });
    Object.freeze(this);
  }

  /** Weights of all its matrices. */
  get weights() {
    return this.outputs * this.inputs * this.matrices;
  }

  /** Whether every expert has one of its own. */
  get isOfExperts() {
    return this.matrices > 1;
  }
}

/** The linear modules of each layer of a model: see `Model.linearModules`. */
export function linearModules(model) {
  const listed = model.word('modules');
  if (listed === undefined) return usualModules(model);
  const names = listed.split(' ');
  const [inputs, tensors, shapes] = ['module-inputs', 'module-tensors', 'module-shapes'].map((fact) => model.numbers(fact));
  if (!inputs || !tensors || !shapes) throw contradiction(model);
  const elements = model.numbers('module-element-bytes') ?? [];
  const named = (numbers, module) => {
    const name = names[numbers[module]];
    if (name === undefined) throw contradiction(model);
    return name;
  };
  const layers = [];
  for (let start = 0; start < shapes.length; start += 4 * names.length) {
    const modules = [];
    names.forEach((name, number) => {
      const shape = shapes.slice(start + 4 * number, start + 4 * number + 4);
      if (shape.length < 4 || shape[2] === 0) return;
      const [outputs, inputsOf, matrices, rows] = shape;
      const elementBytes = elements[start / 4 + number] || undefined;
      const parts = { input: named(inputs, number), tensor: named(tensors, number) };
      modules.push(new LinearModule({ name, ...parts, outputs, inputs: inputsOf, matrices, rows, elementBytes }));
    });
    layers.push(modules);
  }
  return layers;
}

function contradiction(model) {
  return new Refused(`the lists of modules of model \`${model.name}\` contradict each other`);
}

/** Queries, keys, values and output of attention, and a gated feed-forward part, in every layer. */
function usualModules(model) {
  if (model.heads === 0) return [];
  if (Object.hasOwn(model.extra, 'expert-layers')) {
    throw new Refused(
      `only some layers of model \`${model.name}\` have experts, and this attune does not list their modules; use a newer one`,
    );
  }
  const [hidden, inner] = [model.hidden, model.feedForward()];
  const [queries, keys] = [model.heads * model.headDim, model.kvHeads * model.headDim];
  const experts = Math.max(model.experts, 1);
  const module = (name, input, outputs, inputs, matrices = 1, rows = 1) =>
    new LinearModule({ name, input, tensor: name, outputs, inputs, matrices, rows, elementBytes: undefined });
  const layer = [
    module('q', 'q', queries, hidden),
    module('k', 'q', keys, hidden),
    module('v', 'q', keys, hidden),
    module('o', 'o', hidden, queries),
    // The experts of a token read the same row.
    module('gate', 'gate', inner, hidden, experts),
    module('up', 'gate', inner, hidden, experts),
    module('down', 'down', hidden, inner, experts, Math.max(model.expertsPerToken, 1)),
  ];
  return Array.from({ length: model.layers }, () => [...layer]);
}
