import type { Graph } from '../graph/graph.js';
import { combineChannelAffine } from './channel-affine.js';
import { optimise } from './optimise.js';
import { shortenSiluGradient } from './sigmoid-gradient.js';
import { ungroupChannels } from './ungroup-channels.js';

/**
 * Goes over large images less often, at the price of more operators on small tensors: for functions that are compiled
 * for batches, not for files, which may be run on a single sample.
 */
export const fuseImages = (graph: Graph): Graph =>
  optimise(combineChannelAffine(optimise(ungroupChannels(shortenSiluGradient(optimise(graph))))));
