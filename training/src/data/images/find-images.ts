import { readdir, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';

/** What the names of image files end in: the formats that can be decoded. */
export const IMAGE_EXTENSIONS = [
  '.png',
  '.jpg',
  '.jpeg',
  '.jpe',
  '.jfif',
  '.webp',
  '.avif',
  '.gif',
  '.tif',
  '.tiff',
];

/** The images in a folder. */
export interface FoundImages {
  /** Paths below the folder, parted by slashes, in an order that is the same on every machine. */
  readonly files: readonly string[];
  /** The class of each, where classes are asked for. */
  readonly labels?: Int32Array;
  /** The names of the classes; none where they are not asked for. */
  readonly classNames: readonly string[];
}

/**
 * Finds the images in a folder and the folders below it, by their extensions. What begins with a dot is left out, and a
 * link to a folder is not followed.
 *
 * @param labelled whether the folders in it are the classes of the images below them, in the order of their names
 * @throws Error in one sentence where there is no such folder, no image, an image outside every class, a class without
 *   an image, or no class; the signal's reason
 */
export async function findImages(
  folder: string,
  { labelled = false, signal }: { labelled?: boolean; signal?: AbortSignal | undefined } = {},
): Promise<FoundImages> {
  const files: string[] = [];
  const folders: string[] = [];
  let others = 0;
  const walk = async (below: string): Promise<void> => {
    signal?.throwIfAborted();
    const entries = await readdir(join(folder, below), { withFileTypes: true });
    for (const entry of entries) {
      if (entry.name.startsWith('.')) continue;
      const path = below + entry.name;
      if (entry.isDirectory()) {
        if (below === '') folders.push(entry.name);
        await walk(`${path}/`);
      } else if (
        IMAGE_EXTENSIONS.includes(extname(entry.name).toLowerCase()) &&
        (await isFile(entry, join(folder, path)))
      )
        files.push(path);
      else others++;
    }
  };
  await walk('').catch((error: NodeJS.ErrnoException) => {
    if (error.code === undefined) throw error;
    throw new Error(
      `Cannot read ${error.path ?? folder} (${error.code}): name a folder of images with --data.`,
      {
        cause: error,
      },
    );
  });
  if (files.length === 0)
    throw new Error(
      `There is no image in ${folder} or below (other files: ${others}): expected names that end in ${IMAGE_EXTENSIONS.join(', ')}.`,
    );
  // By code units, as a locale would order them otherwise on another machine.
  files.sort();
  if (!labelled) return { files, classNames: [] };
  const classNames = folders.sort();
  return { files, classNames, labels: labelsOf(files, classNames, folder) };
}

async function isFile(
  entry: { isFile(): boolean; isSymbolicLink(): boolean },
  path: string,
): Promise<boolean> {
  if (!entry.isSymbolicLink()) return entry.isFile();
  return (await stat(path).catch(() => undefined))?.isFile() ?? false;
}

function labelsOf(files: readonly string[], classNames: readonly string[], folder: string): Int32Array {
  const advice = 'sort the images into a folder for each class, or leave labels out with labels=false';
  if (classNames.length === 0)
    throw new Error(`${folder} has no folders that could be the classes of its images: ${advice}.`);
  const classes = new Map(classNames.map((name, i) => [name, i]));
  const labels = Int32Array.from(files, (file) => classes.get(file.slice(0, file.indexOf('/'))) ?? -1);
  const loose = labels.indexOf(-1);
  if (loose !== -1)
    throw new Error(`The image ${files[loose]} in ${folder} is in no folder of a class: ${advice}.`);
  const seen = new Set(labels);
  const empty = classNames.findIndex((_, label) => !seen.has(label));
  if (empty !== -1)
    throw new Error(
      `The folder ${classNames[empty]} in ${folder} has no image, so that it is no class: ${advice}.`,
    );
  return labels;
}
