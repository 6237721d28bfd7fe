import type { TopLevelSpec } from 'vega-lite';
import { writeAtomically } from '../files/write-atomically.js';
import { loadSharp } from '../images/load-sharp.js';

/** A Vega-Lite specification, data included. */
export type Plot = TopLevelSpec;

/** Draws a plot as SVG, with neither a browser nor a display. */
export async function renderSvg(plot: Plot): Promise<string> {
  // Half a second to load, for those alone who draw.
  const [vega, { compile }] = await Promise.all([import('vega'), import('vega-lite')]);
  const view = new vega.View(vega.parse(compile(plot).spec), { renderer: 'none' });
  try {
    return await view.toSVG();
  } finally {
    view.finalize();
  }
}

/** Draws a plot as PNG. @param scale pixels for each unit of the plot; 2 is sharp on any screen */
export async function renderPng(plot: Plot, scale = 2): Promise<Uint8Array> {
  const sharp = await loadSharp();
  return (
    sharp(Buffer.from(await renderSvg(plot)), { density: 72 * scale })
      // A plot has few colours: a palette of 256 takes a third of the bytes.
      .png({ palette: true })
      .toBuffer()
  );
}

/**
 * Writes a plot to an `.svg` or a `.png` file, whole or not at all.
 *
 * @throws RangeError when the name ends otherwise
 */
export async function writePlot(path: string, plot: Plot): Promise<void> {
  if (path.endsWith('.svg')) await writeAtomically(path, await renderSvg(plot));
  else if (path.endsWith('.png')) await writeAtomically(path, await renderPng(plot));
  else throw new RangeError(`A plot is written to a .svg or a .png file, found ${path}.`);
}
