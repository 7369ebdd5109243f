/** A value that people set: an option, an argument of an edit, a fact of a model. */
export type Setting = boolean | number | string | readonly number[];

/** A sentence for the user of a technique. Any other error is a bug of the technique. */
export class Refused extends Error {
  constructor(sentence: string);
}

/** What a profile may say in `technique.options`; ranges are inclusive, and `help` is one sentence. */
export interface OptionSpec {
  readonly kind: 'int' | 'real' | 'boolean' | 'one-of' | 'ints';
  readonly name: string;
  readonly help: string;
  readonly default: Setting;
  readonly min?: number;
  readonly max?: number;
  readonly words?: readonly string[];
}

interface Range<Value> {
  min: number;
  max: number;
  default: Value;
}

/** A whole number from `min` to `max`. */
export function intOption(name: string, help: string, range: Range<number>): OptionSpec;
/** A real number from `min` to `max`. */
export function realOption(name: string, help: string, range: Range<number>): OptionSpec;
/** `true` or `false`. */
export function boolOption(name: string, help: string, value: { default: boolean }): OptionSpec;
/** One of several words, the first by default. */
export function oneOfOption(name: string, help: string, words: readonly [string, ...string[]]): OptionSpec;
/** A list of whole numbers, at least one, each from `min` to `max`. */
export function intsOption(name: string, help: string, range: Range<readonly number[]>): OptionSpec;

/**
 * The options of a study as properties: complete and of the declared kinds, because the host checked them. `groupSize` reads the option `group-size`; reading
 * one that is not declared throws.
 */
// Which there are, and of which types, is known to the technique alone.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type Options = { readonly [name: string]: any };

/** The options of a technique with their defaults, but for those that are given: for tests. */
export function withDefaults(technique: Pick<Technique, 'describe'>, given?: Readonly<Record<string, Setting>>): Options;

/** A technique in words. */
export interface Description {
  /** Lower case, digits and hyphens. */
  name: string;
  version: string;
  /** What it does, in one sentence, with its source. */
  summary: string;
  options?: readonly OptionSpec[];
  /** Statistics of the dense model that `baselines` is made of: `expert-frequency`, … */
  signals?: readonly string[];
  /** Kinds of edit that `lower` emits; it may emit no others. */
  edits?: readonly string[];
  extra?: Readonly<Record<string, Setting>>;
}

/** What one cell of a dimension can be. */
export type Domain =
  | { readonly kind: 'choice'; readonly options: readonly string[] }
  | { readonly kind: 'level'; readonly levels: readonly number[] }
  | { readonly kind: 'int'; readonly min: number; readonly max: number }
  | { readonly kind: 'real'; readonly min: number; readonly max: number; readonly scale: 'linear' | 'log' }
  | { readonly kind: 'subset'; readonly of: number; readonly min: number; readonly max: number }
  | { readonly kind: 'permutation'; readonly of: number }
  | { readonly kind: 'affine'; readonly of: number; readonly sum: number; readonly spread: number }
  | { readonly kind: 'matrix'; readonly rows: number; readonly columns: number; readonly min: number; readonly max: number };

/** One of several unordered options, by name. A cell is the position of its option. */
export function choice(options: readonly string[]): Domain;
/** One of several ordered levels, ascending. A cell is the position of its level. */
export function level(levels: readonly number[]): Domain;
/** A whole number from `min` to `max`. A cell is a number. */
export function integer(min: number, max: number): Domain;
/** A real number from `min` to `max`. A cell is a number. */
export function real(min: number, max: number, scale?: 'linear' | 'log'): Domain;
/** `min` to `max` elements out of `of`; exactly `min` where there is no `max`. A cell is an ascending list of elements. */
export function subset(of: number, min: number, max?: number): Domain;
/** An order of this many elements. A cell is a list of all of them. */
export function permutation(of: number): Domain;
/** `of` reals of any sign that sum to `sum`; `spread` is the standard deviation of draws. A cell is the list of them. */
export function affine(of: number, sum: number, spread: number): Domain;
/** A matrix of reals, each from `min` to `max`. A cell is the list of them, row by row. */
export function matrix(rows: number, columns: number, min: number, max: number): Domain;

/** An array of cells of one domain. */
export interface Dimension {
  name: string;
  /** One sentence. */
  help: string;
  /** Names and lengths, outermost first; without axes there is one cell. */
  axes?: Readonly<Record<string, number>>;
  domain: Domain;
}

/** What the cells of one dimension add to a budget: a row of costs for every cell, or one row for all. */
export interface Term {
  dimension: number;
  costs: readonly (readonly number[])[];
}

interface Budget {
  resource: string;
  unit: string;
  limit: number;
  terms: readonly Term[];
}

interface Distinct {
  dimension: number;
  by: readonly string[];
  atMost: number;
}

interface Exactly {
  dimension: number;
  option: number;
  count: number;
}

interface Ascending {
  dimension: number;
  along: string;
}

interface Active {
  dimension: number;
  when: number;
  options: readonly number[];
}

interface Taken {
  dimension: number;
  cell: number;
  option: number;
}

/** A condition that every config meets. */
export type Constraint =
  | ({ readonly kind: 'budget' } & Budget)
  | ({ readonly kind: 'distinct' } & Distinct)
  | ({ readonly kind: 'exactly' } & Exactly)
  | { readonly kind: 'forbidden'; readonly together: readonly Taken[] }
  | ({ readonly kind: 'ascending' } & Ascending)
  | ({ readonly kind: 'active' } & Active);

/** The sum of all terms is at most `limit`. */
export function budget(of: Budget): Constraint;
/** At most this many different options among the cells that agree along the axes `by`. */
export function distinct(of: Distinct): Constraint;
/** Exactly `count` cells take the option at this position. */
export function exactly(of: Exactly): Constraint;
/** Not all of these cells take these options at once. */
export function forbidden(together: readonly Taken[]): Constraint;
/** The cells of a `level`, `integer` or `real` dimension do not fall along an axis: ordered thresholds. */
export function ascending(of: Ascending): Constraint;
/** The cells of a dimension count only where those of another one take one of these options; else they hold their first value. */
export function active(of: Active): Constraint;

/** What can be decided. */
export interface Space {
  dimensions: readonly Dimension[];
  constraints?: readonly Constraint[];
}

/**
 * One point of a space: the cells of every dimension, row-major. A cell is what its domain says: the position of an option (`choice`, `level`), a number
 * (`integer`, `real`), or a list of numbers (`subset`, `permutation`, `affine`, `matrix`).
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type Config = readonly (readonly any[])[];

/** An edit of attune's vocabulary. */
export interface Edit {
  kind: string;
  args: Readonly<Record<string, Setting>>;
}

/** `edit('weight-bits', { layer: 0, module: 'q', bits: 4, groupSize: 64 })` has the argument `group-size`. */
export function edit(kind: string, args?: Readonly<Record<string, Setting>>): Edit;

/** An amount of a resource, beside that of the dense model. */
export interface Cost {
  resource: string;
  unit: string;
  value: number;
  dense: number;
}

/** A named config that the found one has to beat. `help` says in one sentence where it comes from. */
export interface Baseline {
  name: string;
  help: string;
  config: Config;
}

/** SplitMix64: the stream of a seed is the same everywhere, and in the SDKs of all languages. */
export class Random {
  constructor(seed: number | bigint);
  /** The next 64 bits. */
  bits(): bigint;
  /** A real number from 0 (included) to 1 (excluded). */
  unit(): number;
  /** `true` with this probability. */
  chance(probability: number): boolean;
  /** A draw of the standard normal distribution. */
  normal(): number;
  /** A position from 0 to `length - 1`, each equally likely. */
  below(length: number): number;
}

/** A measured statistic, row-major over its axes, outermost first. */
export interface Signal {
  name: string;
  axes: Readonly<Record<string, number>>;
  values: readonly number[];
}

/** The statistics that the technique asked for, as far as they were measured. */
export class Signals {
  constructor(signals?: readonly Signal[]);
  /** The signal with exactly these axes, row-major; `undefined` when it was not measured. Throws `Refused` when its shape is another one. */
  get(name: string, axes: Readonly<Record<string, number>>): number[] | undefined;
  /** The signal with axes of these names, however long; `undefined` when it was not measured. */
  withAxes(name: string, axes: readonly string[]): { lengths: number[]; values: number[] } | undefined;
}

/** What a layer has of a linear module. */
export class LinearModule {
  private constructor();
  /** The name in plans. */
  readonly name: string;
  /** The first module of the model that reads the same values. */
  readonly input: string;
  /** The first module of the model that is stored in the same tensor. */
  readonly tensor: string;
  /** Output channels of each matrix. */
  readonly outputs: number;
  /** Input channels of each matrix. */
  readonly inputs: number;
  /** How many matrices there are: 1, or one for each expert. */
  readonly matrices: number;
  /** Rows that a token gives them. */
  readonly rows: number;
  /** Bytes of a stored weight, 2 or 4. */
  readonly elementBytes: number | undefined;
  /** Weights of all its matrices. */
  readonly weights: number;
  /** Whether every expert has one of its own. */
  readonly isOfExperts: boolean;
}

/** A matrix with a row for each token. */
export interface EmbeddingMatrix {
  name: 'input' | 'output';
  tokens: number;
  channels: number;
  elementBytes: number | undefined;
}

/** Shapes and sizes as a test makes them up; what is left out is 0, and 2 for `bytesPerParameter`. */
export interface ModelFacts {
  name: string;
  family: string;
  layers: number;
  hidden: number;
  heads: number;
  kvHeads: number;
  headDim: number;
  experts?: number;
  expertsPerToken?: number;
  context?: number;
  vocab?: number;
  parameters?: number;
  expertParameters?: number;
  bytesPerParameter?: number;
  extra?: Readonly<Record<string, Setting>>;
}

/** Shapes and sizes of the loaded model, never weights; counts that its family does not have are 0. */
export class Model implements Required<ModelFacts> {
  constructor(facts: ModelFacts);
  readonly name: string;
  /** Architecture family: `llama`, `mixtral`, … */
  readonly family: string;
  /** Transformer blocks. */
  readonly layers: number;
  /** Width of the residual stream. */
  readonly hidden: number;
  /** Query heads per layer. */
  readonly heads: number;
  /** Key/value heads per layer. */
  readonly kvHeads: number;
  /** Channels per head. */
  readonly headDim: number;
  /** Experts per layer. */
  readonly experts: number;
  /** Experts that each token is routed to. */
  readonly expertsPerToken: number;
  /** Longest context in tokens that the model was made for. */
  readonly context: number;
  /** Entries of the vocabulary. */
  readonly vocab: number;
  /** Parameters of the whole model. */
  readonly parameters: number;
  /** Parameters of one expert of one layer. */
  readonly expertParameters: number;
  /** Bytes per parameter as stored on disk. */
  readonly bytesPerParameter: number;
  /** Facts that came after 0.1 of the interface. */
  readonly extra: Readonly<Record<string, Setting>>;
  /** Inner width of a feed-forward part, or of one expert. */
  feedForward(): number;
  /** The linear modules of each layer, in the order of the forward pass. */
  linearModules(): LinearModule[][];
  /** The layers that have experts, ascending. */
  expertLayers(): number[];
  /** The layers that have a cache of keys and values, ascending. */
  cacheLayers(): number[];
  /** Numbers that one token leaves in the key/value cache of one layer. */
  cacheElements(): number;
  /** The same where all heads share a latent. */
  latentCache(): number | undefined;
  /** The matrices with a row for each token, `input` first. */
  embeddings(): EmbeddingMatrix[];
  /** Bytes of all stored tensors, without those of the linear modules. */
  otherBytes(): number | undefined;
  /** What the router of a layer has for each expert. */
  routerParameters(): number;
  /** Which mappings of a router's scores are defined: `any`, `one-hot` or `none`. */
  routerMapping(): string;
  /** For each layer, the weights of attention and those of the feed-forward part. */
  blockParameters(): [number, number][];
  /** The target of the search; `undefined` where anything goes. */
  target(): Target | undefined;
  /** The fact of that name, where it is a number. */
  number(name: string): number | undefined;
  /** The fact of that name, where it is a list of numbers. */
  numbers(name: string): number[] | undefined;
  /** The fact of that name, where it is a text. */
  word(name: string): string | undefined;
}

/** What the engine takes that is to load the result. */
export class Target {
  private constructor();
  readonly name: string;
  /** Bits that it has codes of for edits of a kind, ascending; `undefined` where it has them all. */
  levels(kind: string): number[] | undefined;
  /** Sizes that its groups can have for edits of a kind, ascending; `undefined` for any. */
  groups(kind: string): number[] | undefined;
  /** Its number grids for edits of a kind, the one that it prefers first. */
  grids(kind: string): string[] | undefined;
  /** Those of its number grids that experts can be on. */
  expertGrids(kind: string): string[] | undefined;
  /** Whether it takes edits of a kind at all. */
  takes(kind: string): boolean;
  /** Whether it takes whatever a plan says. */
  takesEverything(): boolean;
  /** Bytes that it takes for all tensors but those of the linear modules. */
  otherBytes(): number | undefined;
  /** Ways of rounding other than to the nearest whose codes it stores. */
  roundings(kind: string): string[];
  /** Bytes that tensors begin at multiples of in its files. */
  alignment(): number;
  /** What layers may choose for edits of a kind: `own`, `same-count`, `two-level` or `same`. */
  layers(kind: string): string;
  /** What has to agree within a layer for edits of a kind. */
  together(kind: string): string[];
  /** The only form of edits of a kind that it takes. */
  only(kind: string): string | undefined;
}

/**
 * A compression technique. Every function is called on a fresh instance and must be pure: the same arguments give the same result. Throw `Refused` with a
 * sentence that the user can act on.
 */
export interface Technique {
  /** What it says about itself. */
  describe(): Description;
  /** Its search space for a model. */
  space(model: Model, options: Options): Space;
  /** What a config does to the model. */
  lower(model: Model, options: Options, config: Config): readonly Edit[];
  /** What a config costs, resource by resource. */
  cost(model: Model, options: Options, config: Config): readonly Cost[];
  /** The configs that a result has to beat; one whose signal is not there is left out. */
  baselines(model: Model, options: Options, signals: Signals): readonly Baseline[];
  /** A child of `parents` (at least one), in its domains; the host repairs budgets. Without it, attune varies configs by what their domains are. */
  vary?(model: Model, options: Options, parents: readonly Config[], random: Random): Config;
  /** The signals that `damages` is made of, in its order, written like edits; nothing when the technique makes no estimate. */
  damageSignals?(model: Model, options: Options): readonly Edit[] | undefined;
  /** What every choice does to the loss on its own, larger is worse: dimension by dimension, cell by cell, option by option. */
  damages?(model: Model, options: Options, signals: Signals): readonly (readonly (readonly number[])[])[];
}

/** Logs a detail that helps in finding a bug. */
export function debug(message: string): void;
/** Logs something worth knowing. */
export function info(message: string): void;
/** Logs something that is probably not what the user wants. */
export function warn(message: string): void;
