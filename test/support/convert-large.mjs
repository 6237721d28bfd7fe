// Converts a graph model and saves it with its weights beside it; prints the largest resident memory in MiB before and after as JSON.
import { saveOnnx } from '@scorebridge/export';
import { convertModel } from '@scorebridge/export/convert';

const [small, large, out] = process.argv.slice(2);
const peak = () => process.resourceUsage().maxRSS / 1024;
const convert = async (path) => {
  const converted = await convertModel(path, { externalFile: 'model.onnx.data', externalAbove: 0 });
  await saveOnnx(out, converted);
  converted.source.dispose();
};
// What the program itself takes, first.
await convert(small);
const before = peak();
await convert(large);
process.stdout.write(JSON.stringify([before, peak()]));
