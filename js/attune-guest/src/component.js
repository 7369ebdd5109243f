// The component of a technique: the objects that componentize-qjs takes, one for each interface.

import log from 'attune:technique/log@0.1.0';

import { Refused } from './errors.js';
import { sendTo } from './log.js';
import { Random } from './random.js';
import * as wire from './wire.js';

/** What is logged and printed goes to the host: a component has no standard output. */
function sendToHost() {
  sendTo((level, message) => log.log(level, message));
  const printer = (level) => (...parts) => log.log(level, parts.map(String).join(' '));
  globalThis.console = { debug: printer('debug'), log: printer('info'), info: printer('info'), warn: printer('warn'), error: printer('warn') };
}

/** The exports of a component for a technique: `export const { technique, damages } = component(mine);`. */
export function component(mine) {
  const lacking = ['describe', 'space', 'lower', 'cost', 'baselines'].filter((name) => typeof mine?.[name] !== 'function');
  if (lacking.length > 0) throw new TypeError(`the technique has no function ${lacking.join(', ')}; technique.js exports it as \`export default\``);
  // Not before: while the component is built there is no host.
  sendToHost();
  const call = (work) => answering(() => work());
  const heard = (model, options) => [wire.modelIn(model), wire.optionsIn(options)];
  return {
    technique: {
      describe: () => call(() => wire.descriptionOut(mine.describe(), mine.vary !== undefined)),
      space: (model, options) => call(() => wire.spaceOut(mine.space(...heard(model, options)))),
      lower: (model, options, config) => call(() => wire.editsOut(mine.lower(...heard(model, options), wire.configIn(config)))),
      cost: (model, options, config) => call(() => wire.costsOut(mine.cost(...heard(model, options), wire.configIn(config)))),
      baselines: (model, options, signals) =>
        call(() => {
          const study = heard(model, options);
          const found = mine.baselines(...study, wire.signalsIn(signals));
          // Cells are numbers and lists: only the space says what they are.
          return wire.baselinesOut(found, mine.space(...study));
        }),
      vary: (model, options, parents, seed) =>
        call(() => {
          if (!mine.vary) throw new Refused('this technique has no operators of its own');
          const study = heard(model, options);
          const child = mine.vary(...study, parents.map(wire.configIn), new Random(seed));
          return wire.configOut('the child of `vary`', child, mine.space(...study));
        }),
    },
    damages: {
      signals: (model, options) =>
        call(() => {
          const signals = mine.damageSignals?.(...heard(model, options)) ?? null;
          return signals && wire.editsOut(signals);
        }),
      damages: (model, options, signals) =>
        call(() => {
          if (!mine.damages) throw new Refused('this technique makes no estimate of damages');
          return wire.damagesOut(mine.damages(...heard(model, options), wire.signalsIn(signals)));
        }),
    },
  };
}

/** A refusal becomes the error of a call; of a bug, the host hears before the call ends without words. */
function answering(work) {
  try {
    return work();
  } catch (error) {
    if (error instanceof Refused) throw error.message;
    log.log('error', `${error}${error?.stack ? ` (${error.stack.trim().split('\n')[0].trim()})` : ''}`);
    // A thrown error would be a sentence for the user; what has no form of the interface is a trap.
    return undefined;
  }
}
