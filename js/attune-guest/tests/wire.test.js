import assert from 'node:assert/strict';
import { test } from 'node:test';

import { active, affine, ascending, budget, choice, distinct, edit, exactly, forbidden, integer, level, matrix, permutation, real, subset } from '../src/index.js';
import { intOption, oneOfOption } from '../src/index.js';
import * as wire from '../src/wire.js';

const DOMAINS = [
  choice(['a', 'b']),
  level([2, 4]),
  integer(-3, 3),
  real(0.5, 2, 'log'),
  subset(4, 2),
  permutation(3),
  affine(2, 1, 0.5),
  matrix(1, 2, 0, 1),
];
const CONFIG = [[1], [0], [-2], [1.5], [[0, 3]], [[2, 0, 1]], [[0.25, 0.75]], [[0, 1]]];
const SPACE = {
  dimensions: DOMAINS.map((domain, number) => ({ name: `d${number}`, help: 'one', axes: { layer: 1 }, domain })),
  constraints: [
    budget({ resource: 'r', unit: 'u', limit: 3, terms: [{ dimension: 0, costs: [[1, 2]] }] }),
    distinct({ dimension: 0, by: ['layer'], atMost: 1 }),
    exactly({ dimension: 1, option: 0, count: 1 }),
    forbidden([{ dimension: 0, cell: 0, option: 1 }]),
    ascending({ dimension: 2, along: 'layer' }),
    active({ dimension: 3, when: 0, options: [1] }),
  ],
};

test('every domain and constraint has its form', () => {
  const { dimensions, constraints } = wire.spaceOut(SPACE);
  assert.deepEqual(dimensions.map(({ domain }) => domain.tag), ['choice', 'level', 'int', 'real', 'subset', 'permutation', 'affine', 'matrix']);
  assert.deepEqual(dimensions[3].domain.val, { min: 0.5, max: 2, scale: 'log' });
  assert.deepEqual(dimensions[4].domain.val, { of: 4, min: 2, max: 2 });
  assert.deepEqual(dimensions[0].axes, [{ name: 'layer', len: 1 }]);
  assert.deepEqual(constraints[1], { tag: 'distinct', val: { dimension: 0, by: ['layer'], atMost: 1 } });
  assert.deepEqual(constraints[3], { tag: 'forbidden', val: [[{ dimension: 0, cell: 0 }, 1]] });
  const along = ['along', { tag: 'text', val: 'layer' }];
  const ascending = { kind: 'ascending', args: [['dimension', { tag: 'int', val: 2 }], along] };
  assert.deepEqual(constraints[4], { tag: 'other', val: ascending });
  const options = ['options', { tag: 'ints', val: [1] }];
  const active = { kind: 'active', args: [['dimension', { tag: 'int', val: 3 }], ['when', { tag: 'int', val: 0 }], options] };
  assert.deepEqual(constraints[5], { tag: 'other', val: active });
});

test('configs come and go as their domains say', () => {
  const config = wire.configOut('it', CONFIG, SPACE);
  assert.deepEqual(config.map(([cell]) => cell.tag), ['index', 'index', 'int', 'real', 'indices', 'indices', 'reals', 'reals']);
  assert.deepEqual(wire.configIn(config), CONFIG);
});

test('a cell that its domain does not have is named', () => {
  assert.throws(() => wire.configOut('baseline `x`', [['a'], ...CONFIG.slice(1)], SPACE), /baseline `x`: a cell of dimension `d0` is "a", which is none of choice/);
  assert.throws(() => wire.configOut('it', [[0]], SPACE), /it has 1 dimensions, the space has 8/);
});

test('arguments have the kinds of their values', () => {
  const [{ args }] = wire.editsOut([edit('e', { flag: true, whole: 3, half: 0.5, kvHead: 'w', ints: [1, 2], reals: [1, 0.5] })]);
  assert.deepEqual(args, [
    ['flag', { tag: 'boolean', val: true }],
    ['whole', { tag: 'int', val: 3 }],
    ['half', { tag: 'real', val: 0.5 }],
    ['kv-head', { tag: 'text', val: 'w' }],
    ['ints', { tag: 'ints', val: [1, 2] }],
    ['reals', { tag: 'reals', val: [1, 0.5] }],
  ]);
  assert.throws(() => wire.editsOut([edit('e', { x: undefined })]), /edit `e`: `x` is undefined; expected/);
});

test('a description has its options with their defaults', () => {
  const options = [intOption('n', 'how many', { min: 1, max: 4, default: 2 }), oneOfOption('mode', 'which', ['near', 'far'])];
  const described = wire.descriptionOut({ name: 'x', version: '1', summary: 's', options }, true);
  assert.ok(described.hasOperators);
  assert.deepEqual(described.options[0].kind, { tag: 'int', val: { min: 1, max: 4 } });
  assert.deepEqual(described.options[1].default, { tag: 'text', val: 'near' });
});

test('what comes from the host is read by name', () => {
  const facts = { name: 'm', layers: 2, kvHeads: 2, extra: [['feed-forward', { tag: 'int', val: 128 }]] };
  assert.equal(wire.modelIn(facts).feedForward(), 128);
  assert.equal(wire.optionsIn([['group-size', { tag: 'int', val: 64 }]]).groupSize, 64);
  const signal = { name: 's', axes: [{ name: 'layer', len: 2 }], values: [0.5, 1.5] };
  assert.deepEqual(wire.signalsIn([signal]).get('s', { layer: 2 }), [0.5, 1.5]);
});
