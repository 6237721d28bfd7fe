import { kernelsWithRule } from '../../export/src/trace/kernels/index.js';
import { kernelNames, reasons } from '../../export/src/trace/refusals.js';
import type { KernelFeatures, Measured, WebgpuFeatures } from './kernel-features.js';
import { secondGradient, surveyedGradient } from './second-gradients.js';
import type { Types } from './trace-kernel.js';

const COLUMNS = ['ONNX operators', 'types', 'symbolic', 'CPU', 'WebGPU', 'gradient', 'second gradient'];

/** FEATURES.md. */
export function featuresTable({ kernels, tfjs, onnxruntime }: Measured): string {
  const names = Object.keys(kernels).sort();
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const lines = names.map((name) => row([name, ...cellsOf(name, kernels[name]!)]));
  const refusedTypes = names.filter((name) => kernels[name]!.refusedTypes.length > 0);
  const errors = names.filter((name) => Object.keys(kernels[name]!.webgpu.errors).length > 0);
  const wrong = errors.map((name) => `- ${name}: ${errorsOf(kernels[name]!.webgpu)}.`);
  return `# Kernels that can be traced

Written by \`npm run features -w export\` from what every use of a kernel in \`src/testing/examples\` becomes and gives, with tfjs ${tfjs} and ONNX Runtime ${onnxruntime}; a test fails when it is stale. The tests beside \`src/trace/kernels/\` hold each use, and its gradient where tfjs has one, to tfjs's cpu backend.

- **ONNX operators**: all that the kernel becomes in a file (opset 21), over all uses; none where it only renames, or makes a constant (those that follow a symbolic size become \`Size\` and \`Range\`, which stand in no row).
- **types**: those of its inputs for which the file gave what tfjs's cpu backend gives, \`/\` between the inputs where they differ.
- **symbolic**: a size that goes in or comes out may be a name, such as \`batch\`. Where there is no \`yes\`, none of its sizes was one.
- **CPU**, **WebGPU**: the providers of ONNX Runtime in Node; WebGPU on SwiftShader, without a GPU, each use traced at fixed sizes and lowered for it, as \`compile\` does. \`yes\`: every use, with all operators on the provider, and right; \`in part\`: right, but with some operators on the CPU; in all uses, in those of these types, or in so many of them.
- **gradient**: \`yes\`: the gradient that tfjs registers, exported, is what tfjs computes, in one of the uses, or by the survey below where none of them shows it; \`apart\`: under a gradient tfjs runs other kernels in its place; \`corrected\`: right once \`registerCorrectedGradients\` of \`@scorebridge/training\` was called.
- **second gradient**: the same of the gradient's gradient, by [the survey in \`@scorebridge/training\`](../training/README.md#second-derivatives), which holds those that are right against finite differences, exported and compiled too; \`no\`: an error that names the kernel.

${row([`kernel (${names.length})`, ...COLUMNS])}
${row(['---', ...COLUMNS.map(() => '---')])}
${lines.join('\n')}

## Wrong on WebGPU

WGSL lets a shader take it that no number is infinite or NaN, and leaves open what a function makes of one outside of its domain: where such a number is expected, what comes instead is off by infinity.

${wrong.length > 0 ? wrong.join('\n') : 'None of the uses.'}

## Types that tfjs's cpu backend takes and a graph does not

Refused, or not the same: uses with other types than their own.

${refusedTypes.map((name) => `- ${name}: ${[...new Set(kernels[name]!.refusedTypes.map(typesOf))].join('; ')}.`).join('\n')}

${refusals()}
`;
}

function cellsOf(name: string, features: KernelFeatures): string[] {
  const { operators, symbolic, cpu, gradient, webgpu } = features;
  return [
    operators.join(', '),
    inputTypes(features.types),
    symbolic ? 'yes' : '',
    cpu === 'right' ? 'yes' : cpu,
    onWebgpu(webgpu),
    gradient === 'right' ? 'yes' : gradient === 'apart' ? 'apart' : (surveyedGradient(name) ?? ''),
    secondGradient(name) ?? '',
  ];
}

/** `float32, int32` where all inputs have the same types, else `x: float32, int32 / indices: int32`. */
function inputTypes(types: KernelFeatures['types']): string {
  const lists = Object.entries(types).map(([name, list]) => [name, list.join(', ')] as const);
  const distinct = new Set(lists.map(([, list]) => list));
  if (distinct.size <= 1) return [...distinct].join('');
  return lists.map(([name, list]) => `${name}: ${list}`).join(' / ');
}

/** `float32` where all inputs are of it, else `x: int32, indices: bool`. */
function typesOf(types: Types): string {
  const distinct = [...new Set(Object.values(types))];
  if (distinct.length === 1) return distinct[0]!;
  return Object.entries(types)
    .map(([name, type]) => `${name} ${type}`)
    .join(', ');
}

function onWebgpu({ uses, wholly, partly, nothing, errors }: WebgpuFeatures): string {
  const ran = uses - nothing;
  if (ran === 0) return 'nothing to run';
  const wrong = sum(errors);
  if (wrong === ran) return 'no';
  const notes = [
    ...(wrong > 0 ? [`wrong: ${wrong} of ${ran}`] : []),
    ...(sum(partly) > 0
      ? [inPart(Object.keys(partly), Object.keys(wholly), `${sum(partly)} of ${ran}`)]
      : []),
  ];
  return notes.length > 0 ? notes.join('; ') : 'yes';
}

/** For which types, where these tell. */
function inPart(partly: readonly string[], wholly: readonly string[], share: string): string {
  if (wholly.length === 0) return 'in part';
  return `in part: ${partly.some((types) => wholly.includes(types)) ? share : [...partly].sort().join(', ')}`;
}

const sum = (counts: Readonly<Record<string, number>>) => Object.values(counts).reduce((a, b) => a + b, 0);

const errorsOf = ({ errors }: WebgpuFeatures) =>
  Object.entries(errors)
    .map(([error, times]) => `${error} (${times})`)
    .join('; ');

function refusals(): string {
  const refused = kernelNames()
    .filter((name) => !kernelsWithRule.has(name))
    .sort();
  const reasonOf = (name: string) => reasons[name] ?? 'no rule yet';
  const lines = [...new Set(refused.map(reasonOf))].map(
    (reason) => `- ${refused.filter((name) => reasonOf(name) === reason).join(', ')}: ${reason}.`,
  );
  return `## Refused by name (${refused.length})\n\n${lines.join('\n')}`;
}
