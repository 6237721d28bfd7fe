import { saveOnnx } from '@scorebridge/export';
import type { AskedShape, ConvertedModel, Deviation, DimensionName } from '@scorebridge/export/convert';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { basename, dirname, join } from 'node:path';
import { checkOutput } from './check-output.js';
import { contextOf } from './context.js';
import { fileName, finiteNumber, wholeNumber } from './options.js';
import { startProgress } from './progress.js';
import { shownSizes, table } from './table.js';

interface Options {
  readonly out: string;
  readonly nameDim?: readonly DimensionName[];
  readonly shape?: readonly (readonly [string, AskedShape])[];
  readonly set?: readonly (readonly [string, number[]])[];
  readonly opset: number;
  readonly fp16?: boolean;
  readonly fp16Weights?: boolean;
  readonly int8Weights?: boolean;
  readonly externalData?: boolean;
  readonly channelsFirstInputs?: boolean;
  readonly import?: readonly string[];
  readonly verify?: boolean;
  readonly tolerance?: number;
}

/** Largest deviations that pass: as the weights are kept, and as is computed. */
const TOLERANCES = { float32: 1e-4, float16: 1e-2, int8: 1e-1 } as const;

/** Adds `scorebridge convert`: writes a TensorFlow.js model as ONNX. */
export function addConvert(program: Command): void {
  const command = program
    .command('convert')
    .description('write a TensorFlow.js graph model or layers model as an ONNX file')
    .argument('<model>', 'the model.json; its weights stand beside it')
    .option('--out <file>', 'the file to write', fileName('.onnx'), 'model.onnx')
    .option(
      '--name-dim <name=axis...>',
      'names for dimensions that the model leaves open, as batch=0 or height=input:1',
      collect(dimensionName),
    )
    .option(
      '--shape <input=sizes...>',
      'what shape an input shall have, as input=1,224,224,3; a name or ? leaves a size open',
      collect(inputShape),
    )
    .option(
      '--set <input=value...>',
      'inputs that are fixed, as ratio=0.5 or sizes=320,320: they are no inputs of the ONNX model',
      collect(inputValue),
    )
    .option('--opset <version>', 'the ONNX operator set, 17 to 21', wholeNumber(17, 21), 21)
    .addOption(
      new Option(
        '--fp16',
        'compute in half precision where that spoils nothing, for GPUs; inputs and outputs are float32',
      ).conflicts('int8Weights'),
    )
    .addOption(
      new Option('--fp16-weights', 'keep the weights in half precision, and compute in float32').conflicts(
        'int8Weights',
      ),
    )
    .option('--int8-weights', 'keep the weights as 8-bit integers, with a scale a channel')
    .option('--external-data', 'keep the weights in a file beside the model, NAME.onnx.data')
    .option('--channels-first-inputs', 'take images as [batch, channels, height, width]')
    .option('--import <file...>', "modules that register a layers model's own layers", collect(String))
    .option(
      '--verify',
      'compare the result with TensorFlow.js on random inputs; exit code 1 above the tolerance',
    )
    .option(
      '--tolerance <number>',
      'the largest relative difference that --verify lets pass (default: 1e-4; 1e-2 with --fp16 and --fp16-weights, 0.1 with --int8-weights)',
      finiteNumber,
    );
  command.action(async (path: string, options: Options) => {
    const { note, print, signal } = contextOf(command);
    await checkOutput(options.out);
    // Not before: no other command needs what reads models.
    const { convertModel, verifyModel } = await import('@scorebridge/export/convert');
    const weights = options.fp16Weights ? 'float16' : options.int8Weights ? 'int8' : 'float32';
    const arithmetic = options.fp16 ? 'float16' : 'float32';
    const progress = startProgress('reading');
    let converted: ConvertedModel;
    try {
      converted = await convertModel(path, {
        dimensions: options.nameDim ?? [],
        shapes: Object.fromEntries(options.shape ?? []),
        values: Object.fromEntries(options.set ?? []),
        opset: options.opset,
        weights,
        arithmetic,
        externalFile: `${basename(options.out)}.data`,
        ...(options.externalData && { externalAbove: 0 }),
        channelsFirstInputs: options.channelsFirstInputs ?? false,
        imports: options.import,
        signal,
        onProgress: (done, total) => progress.update(done, total),
      });
    } finally {
      progress.stop();
    }
    if (converted.pinnedBecause !== undefined)
      note(`open sizes are numbers here, since otherwise: ${converted.pinnedBecause}`);
    await saveOnnx(options.out, converted);
    const tolerance = options.tolerance ?? Math.max(TOLERANCES[weights], TOLERANCES[arithmetic]);
    let deviations: Deviation[] | undefined;
    if (options.verify) {
      note('comparing with TensorFlow.js');
      deviations = await verifyModel(converted.source, converted.inputs, options.out, { signal });
    }
    converted.source.dispose();
    const { kind, inputs, outputs, nodes, externalFile } = converted;
    const beside = externalFile === undefined ? undefined : join(dirname(options.out), externalFile);
    const bytes =
      converted.model.length + converted.external.reduce((sum, { bytes }) => sum + bytes.length, 0);
    print(
      {
        model: options.out,
        weights: beside,
        bytes,
        kind,
        inputs,
        outputs,
        nodes,
        opset: options.opset,
        tolerance,
        deviations,
      },
      [
        `${options.out}: a ${kind} model in ${nodes} nodes, ${(bytes / 1e6).toFixed(2)} MB${beside === undefined ? '' : `, its weights in ${beside}`}`,
        ...Object.entries(inputs).map(
          ([name, { dtype, shape }]) => `  in   ${name}  ${dtype} [${shape.join(', ')}]`,
        ),
        ...outputs.map((name) => `  out  ${name}`),
        ...(deviations ? [deviationTable(deviations)] : []),
      ].join('\n'),
    );
    const worst = deviations?.reduce((a, b) => (b.relative > a.relative ? b : a));
    if (worst && !(worst.relative <= tolerance))
      throw new Error(
        `The output ${worst.output} is off by ${worst.relative.toExponential(1)} of its scale${shownSizes(worst.sizes)}, more than ${tolerance}: do not use ${options.out} as it is.`,
      );
  });
}

const deviationTable = (deviations: readonly Deviation[]): string =>
  table(
    ['output', 'shape', 'max abs', 'max rel'],
    deviations.map(({ output, shape, absolute, relative }) => [
      output,
      `[${shape.join(', ')}]`,
      absolute.toExponential(1),
      relative.toExponential(1),
    ]),
  );

/** Parses each of several values of an option, and keeps them all. */
const collect =
  <T>(parse: (text: string) => T) =>
  (text: string, before: readonly T[] = []): T[] => [...before, parse(text)];

/** Parses `input=number,number...`. */
function inputValue(text: string): [string, number[]] {
  const [, name, numbers] = /^(.+)=([^=]+)$/.exec(text) ?? [];
  const values = (numbers ?? '').split(',').map((n) => (n.trim() === '' ? NaN : Number(n)));
  if (name === undefined || values.some((n) => Number.isNaN(n)))
    throw new InvalidArgumentError(`Expected INPUT=VALUE or INPUT=VALUE,VALUE..., as ratio=0.5.`);
  return [name, values];
}

/** Parses `name=axis` or `name=input:axis`. */
function dimensionName(text: string): DimensionName {
  const [, name, input, axis] = /^([A-Za-z_]\w*)=(?:(.+):)?(\d+)$/.exec(text) ?? [];
  if (name === undefined)
    throw new InvalidArgumentError('Expected a name and an axis, such as batch=0 or height=input:1.');
  return { name, axis: Number(axis), ...(input !== undefined && { input }) };
}

/** Parses `input=1,224,224,3`, where a size may be a name or ?. */
function inputShape(text: string): readonly [string, AskedShape] {
  const [, input, sizes] = /^(.+)=([\w?,\s-]*)$/.exec(text) ?? [];
  const parsed = sizes?.trim() === '' ? [] : sizes?.split(',').map((size) => parseSize(size.trim()));
  if (input === undefined || !parsed || parsed.includes(null))
    throw new InvalidArgumentError('Expected an input and its sizes, such as input=1,224,224,3.');
  return [input, parsed as AskedShape];
}

/** A whole number, a name, undefined for one that is left as it is; null for anything else. */
function parseSize(text: string): number | string | undefined | null {
  if (text === '?' || text === '-1') return undefined;
  if (/^\d+$/.test(text)) return Number(text);
  return /^[A-Za-z_]\w*$/.test(text) ? text : null;
}
