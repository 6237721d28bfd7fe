import type { ProviderName } from '@scorebridge/runtime';
import { blockSize } from './cpu-blocked/block-size.js';
import { cpuBlocked } from './cpu-blocked/index.js';
import { cuda } from './cuda/index.js';
import type { Lowering } from './lower.js';
import { portable } from './portable/index.js';
import { webgpu } from './webgpu/index.js';

/**
 * The fastest lowering that a provider can run; on request the portable one, or what of it the provider cannot do without.
 * The environment can make that request for a whole process: SCOREBRIDGE_LOWERING=portable.
 */
export async function loweringFor(
  provider: ProviderName,
  choice: 'auto' | 'portable' = 'auto',
): Promise<Lowering> {
  if (provider === 'webgpu') return webgpu;
  if (choice === 'portable' || globalThis.process?.env.SCOREBRIDGE_LOWERING === 'portable') return portable;
  if (provider === 'cuda') return cuda;
  const block = provider === 'cpu' ? await blockSize() : undefined;
  return block === undefined ? portable : cpuBlocked(block);
}
