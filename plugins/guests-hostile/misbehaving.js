// Does what a technique must not do, as its option `how` says: the host has to survive it.
//
// Written for componentize-qjs against `plugins/wit`, and not against the SDK, which keeps authors from most of it.

import log from 'attune:technique/log@0.1.0';

const WAYS = [
  'not', 'loop', 'allocate', 'panic', 'recurse', 'huge-output', 'chatter', 'flood', 'print', 'look',
  'bad-space', 'huge-space', 'bad-text', 'wrong-type', 'nan-cost', 'bad-child',
];

const forever = (work) => {
  for (;;) work();
};

const deeper = (depth) => 1 + deeper(depth + 1);

export const technique = {
  describe: () => ({
    name: 'misbehaving',
    version: '0.1.0',
    summary: "A fixture of the host's tests.",
    options: [{ name: 'how', help: 'what to do wrong', kind: { tag: 'one-of', val: WAYS }, default: { tag: 'text', val: 'not' } }],
    signals: [],
    edits: ['keep-experts'],
    hasOperators: true,
    extra: [],
  }),

  space(model, options) {
    let domain = { tag: 'choice', val: ['a', 'b'] };
    const hoard = [];
    switch (options[0][1].val) {
      case 'loop':
        forever(() => {});
      case 'allocate':
        forever(() => hoard.push(new Uint8Array(1 << 20).fill(1)));
      case 'panic':
        log.log('error', `no model of ${model.layers} layers today`);
        return undefined;
      case 'recurse':
        throw `reached depth ${deeper(0)}`;
      case 'huge-output':
        throw 'x'.repeat(32 << 20);
      case 'chatter':
        forever(() => log.log('info', 'x'.repeat(100000)));
      case 'flood':
        forever(() => log.log('info', ''));
      case 'print':
        forever(() => console.log('x'.repeat(100)));
      case 'look':
        throw JSON.stringify([Date.now(), Math.random(), typeof process, typeof require, typeof fetch]);
      case 'bad-space':
        domain = { tag: 'level', val: [2, 1] };
        break;
      case 'huge-space':
        domain = { tag: 'permutation', val: 0xffffffff };
        break;
      case 'bad-text':
        throw '\udc80';
      case 'wrong-type':
        return 7;
    }
    const axes = [{ name: 'layer', len: model.layers }];
    return { dimensions: [{ name: 'letter', help: 'a letter', axes, domain }], constraints: [] };
  },

  lower: () => [{ kind: 'keep-experts', args: [['layer', { tag: 'int', val: 0 }], ['experts', { tag: 'ints', val: [0] }]] }],

  cost: (_, options) => [{ resource: 'memory', unit: 'bytes', value: options[0][1].val === 'nan-cost' ? NaN : 1, dense: 2 }],

  baselines: (model) => [{ name: 'default', help: 'the letter a', config: [Array(model.layers).fill({ tag: 'index', val: 0 })] }],

  vary(model, options) {
    if (options[0][1].val === 'bad-child') return [[{ tag: 'real', val: 0.5 }]];
    // Randomness of the engine, which is none.
    return [Array.from({ length: model.layers }, () => ({ tag: 'index', val: Math.floor(2 * Math.random()) }))];
  },
};
