import type { ConfigInput } from '../schema.js';
import { fashionMnist } from './fashion-mnist.js';
import { judge } from './judge.js';
import { mnistDdpm } from './mnist-ddpm.js';
import { mnistLabelled } from './mnist-labelled.js';
import { mnistNcsn } from './mnist-ncsn.js';
import { pictures } from './pictures.js';
import { quickstart } from './quickstart.js';

/** The configs that come with Scorebridge, by name. */
export const presets: Readonly<Record<string, ConfigInput>> = {
  quickstart,
  'mnist-labelled': mnistLabelled,
  'mnist-ddpm': mnistDdpm,
  'mnist-ncsn': mnistNcsn,
  'fashion-mnist': fashionMnist,
  pictures,
  judge,
};
