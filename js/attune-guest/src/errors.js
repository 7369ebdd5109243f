// What goes wrong in words that a user can act on.

/**
 * A sentence for the user of a technique: what was found, what is needed, and what to do.
 *
 * Any other error is a bug of the technique. It ends the call, and its message reaches the user too.
 */
export class Refused extends Error {
  constructor(sentence) {
    super(sentence);
    this.name = 'Refused';
  }
}
