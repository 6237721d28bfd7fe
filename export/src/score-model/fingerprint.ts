import { type Graph, type Value } from '../graph/graph.js';

const OFFSET = 0x811c9dc5;
const PRIME = 0x01000193;

/**
 * A hash of every constant of a graph, in the order in which they are read (FNV-1a, a word at a time): 8 digits that tell the
 * weights of one model from those of another, by mistake and not by malice.
 */
export function fingerprint({ nodes, outputs }: Graph): string {
  const constants = new Set<Value>();
  for (const value of [...nodes.flatMap(({ inputs }) => inputs), ...outputs.map(({ value }) => value)])
    if (value.data) constants.add(value);
  let hash = OFFSET;
  for (const { data } of constants) {
    const bytes = new Uint8Array(data!.buffer, data!.byteOffset, data!.byteLength);
    // A copy, since a view of words has to begin at a multiple of four.
    const words = new Uint32Array(bytes.slice(0, bytes.length & ~3).buffer);
    for (let i = 0; i < words.length; i++) hash = Math.imul(hash ^ words[i]!, PRIME);
    for (let i = words.length * 4; i < bytes.length; i++) hash = Math.imul(hash ^ bytes[i]!, PRIME);
  }
  return (hash >>> 0).toString(16).padStart(8, '0');
}
