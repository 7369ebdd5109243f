import type { Technique } from './index.js';

/** The exports of a component for a technique: `export const { technique, damages } = component(mine);`. */
export function component(mine: Technique): { technique: object; damages: object };
