import { NotOnnxError } from '@scorebridge/runtime';
import { type FileHandle, open } from 'node:fs/promises';
import { OnnxFile } from './onnx-file.js';
import { type Outline, readOutline } from './read-outline.js';

/** An ONNX file that is open for reading. */
export interface OpenOnnx extends Outline {
  readonly handle: FileHandle;
}

/**
 * Opens an ONNX file of any size, and closes it once `use` has ended.
 *
 * @throws Error with one sentence that names the file if it cannot be read, is not an ONNX model or is cut off
 */
export async function withOnnx<T>(path: string, use: (file: OpenOnnx) => Promise<T>): Promise<T> {
  const refuse = (error: NodeJS.ErrnoException): never => {
    throw new Error(`Cannot read the model ${path} (${error.code}): name an ONNX file.`, { cause: error });
  };
  const handle = await open(path).catch(refuse);
  try {
    const { size } = await handle.stat();
    const outline = await readOutline(new OnnxFile(handle, { from: 0, to: size })).catch(
      (error: NodeJS.ErrnoException) => {
        if (error instanceof NotOnnxError)
          throw new Error(`Cannot use ${path}: ${error.message}`, { cause: error });
        return refuse(error);
      },
    );
    return await use({ ...outline, handle });
  } finally {
    await handle.close();
  }
}
