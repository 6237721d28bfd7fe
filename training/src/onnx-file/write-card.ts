import { CARD_KEY, type ModelCard } from '@scorebridge/runtime';
import type { FileHandle } from 'node:fs/promises';
import { realpath } from 'node:fs/promises';
import { writeAtomically } from '../files/write-atomically.js';
import type { OpenOnnx } from './with-onnx.js';
import { concat, delimited } from './delimited.js';
import { KEY, METADATA_PROPS, VALUE } from './read-outline.js';

const PIECE = 1 << 20;

/**
 * Writes an ONNX file with a card in place of the one that it may have; all else is copied byte by byte, and weights in other
 * files stay where they are. A link is followed.
 *
 * @param out where to, which may be the file itself
 * @throws the file system's error when it cannot be written, or the reason of `signal`; `out` is then what it was before
 */
export async function writeCard(
  { handle, others }: OpenOnnx,
  card: ModelCard,
  out: string,
  signal: AbortSignal,
): Promise<void> {
  const entry = concat([delimited(KEY, CARD_KEY), delimited(VALUE, JSON.stringify(card))]);
  const { mode } = await handle.stat();
  await writeAtomically(await realpath(out).catch(() => out), async (target: FileHandle) => {
    const piece = new Uint8Array(PIECE);
    for (const { from, to } of others) {
      for (let at = from; at < to;) {
        signal.throwIfAborted();
        const { bytesRead } = await handle.read(piece, 0, Math.min(PIECE, to - at), at);
        if (bytesRead === 0) throw new Error('The file became shorter while it was read.');
        await target.writeFile(piece.subarray(0, bytesRead));
        at += bytesRead;
      }
    }
    await target.writeFile(delimited(METADATA_PROPS, entry));
    await target.chmod(mode);
  });
}
