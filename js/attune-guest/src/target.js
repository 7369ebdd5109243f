// The target that a search is for, where its profile names one.

/**
 * What the engine takes that is to load the result. A space should hold nothing else: a study is refused where sixteen random configs or the baselines
 * show a plan that could not be exported, and a rarer one is found out when it is exported.
 */
export class Target {
  #model;

  constructor(name, model) {
    this.name = name;
    this.#model = model;
  }

  /** Bits that it has codes of for edits of a kind, ascending; `undefined` where it has them all. */
  levels(kind) {
    return this.#model.numbers(`target-${kind}-levels`);
  }

  /** Sizes that its groups can have for edits of a kind, ascending; `undefined` for any. */
  groups(kind) {
    return this.#model.numbers(`target-${kind}-groups`);
  }

  /** Its number grids for edits of a kind by their names in plans, the one that it prefers first, and `default` for edits that name none; `undefined` where it does not say. */
  grids(kind) {
    return this.#words(`target-${kind}-grids`);
  }

  /** Those of its number grids that experts can be on; `undefined` where all are. */
  expertGrids(kind) {
    return this.#words(`target-${kind}-expert-grids`);
  }

  /** Whether it takes edits of a kind at all. */
  takes(kind) {
    return this.#words('target-edits')?.includes(kind) ?? true;
  }

  /** Whether it takes whatever a plan says. */
  takesEverything() {
    return this.#words('target-edits') === undefined;
  }

  /** Bytes that it takes for all tensors but those of the linear modules, where it stores these otherwise than the model's own files do. */
  otherBytes() {
    return this.#model.number('target-other-bytes');
  }

  /** Ways of rounding other than to the nearest whose codes it stores, by their names in plans. */
  roundings(kind) {
    return this.#words(`target-${kind}-roundings`) ?? [];
  }

  /** Bytes that tensors begin at multiples of in its files, the gaps being part of them; 1 where there are none. */
  alignment() {
    return Math.max(this.#model.number('target-alignment') ?? 1, 1);
  }

  /** What layers may choose for edits of a kind: `own` (everything), `same-count`, `two-level` or `same` (nothing: one value for the whole model). */
  layers(kind) {
    return this.#model.word(`target-${kind}-layers`) ?? 'own';
  }

  /** What has to agree within a layer for edits of a kind: `experts`, `stored`, `heads`, and sets as `q+k+v` or `keys+values`. */
  together(kind) {
    return this.#words(`target-${kind}-together`) ?? [];
  }

  /** The only form of edits of a kind that it takes; `undefined` for any. */
  only(kind) {
    return this.#model.word(`target-${kind}-only`);
  }

  #words(name) {
    return this.#model.word(name)?.split(' ');
  }
}
