import type { Source } from '../graph/source.js';
import type { NodeMessage } from './schema.js';

/** The first opset whose files may hold metadata for each node. */
const WITH_METADATA = 21;

/** What a node says of where it comes from. */
export function describeSource(
  { kernel, layer, line, joined }: Source,
  opset: number,
): Pick<NodeMessage, 'metadataProps' | 'docString'> {
  const entries = Object.entries({
    kernel,
    layer: layer?.name,
    type: layer?.type,
    line,
    joined: joined?.join(', '),
  }).filter((entry): entry is [string, string] => entry[1] !== undefined);
  if (opset < WITH_METADATA)
    return { docString: entries.map(([key, value]) => `tfjs.${key}: ${value}`).join('\n') };
  return { metadataProps: entries.map(([key, value]) => ({ key: `tfjs.${key}`, value })) };
}
