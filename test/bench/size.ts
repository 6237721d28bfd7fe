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
        .map((cell) => cell.padStart(12))
        .join(''),
  );

row('imported', 'minified', 'gzipped', 'at most');
for (const { name, code, limit } of PARTS) {
  const { minified, gzipped } = await bundleSize(code);
  row(name, kB(minified), kB(gzipped), kB(limit));
  if (gzipped > limit) process.exitCode = 1;
}
