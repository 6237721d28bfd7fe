/**
 * What the runtime adds to a page, without ONNX Runtime, and whether that is within its limits: `npm run size`. Exits with 1
 * where it is not.
 */
import { bundleSize, PARTS } from '../support/bundle-size.js';

const kB = (bytes: number) => `${(bytes / 1000).toFixed(1)} kB`;
const row = (...cells: string[]) =>
  console.log(
    cells[0]!.padEnd(30) +
      cells
        .slice(1)
        .map((cell) => cell.padStart(14))
        .join(''),
  );

row('imported', 'minified', 'gzipped', 'at most', 'if asked for');
for (const { name, code, limit } of PARTS) {
  const { minified, gzipped, later } = await bundleSize(code);
  row(name, kB(minified), kB(gzipped), kB(limit), kB(later));
  if (gzipped > limit) process.exitCode = 1;
}
