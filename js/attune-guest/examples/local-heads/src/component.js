// What becomes the component: the technique beside it.

import { component } from '../../../src/component.js';
import mine from './technique.js';

export const { technique, damages } = component(mine);
