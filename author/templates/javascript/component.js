// What becomes the component: the technique beside this file.

import { component } from '../attune-guest/src/component.js';
import mine from './technique.js';

export const { technique, damages } = component(mine);
