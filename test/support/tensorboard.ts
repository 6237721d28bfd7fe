import { fileURLToPath } from 'node:url';
import { pythonWith } from './python.js';

const script = fileURLToPath(new URL('read-tensorboard.py', import.meta.url));

/** What TensorBoard finds in a folder of event files. */
export interface Found {
  readonly scalars: Readonly<Record<string, readonly (readonly [step: number, value: number])[]>>;
  readonly images: Readonly<
    Record<
      string,
      readonly {
        readonly step: number;
        readonly width: number;
        readonly height: number;
        readonly png: string;
      }[]
    >
  >;
  /** Tags of any other kind. */
  readonly others: readonly string[];
}

/** What asks TensorBoard, which is installed if it is not yet, what it finds in a folder. */
export async function installTensorBoard(): Promise<(folder: string) => Promise<Found>> {
  const imports = 'import tensorboard.backend.event_processing.event_accumulator';
  const python = await pythonWith('tensorboard', imports, ['tensorboard>=2.15,<3']);
  return async (folder) => JSON.parse(await python([script, folder])) as Found;
}
