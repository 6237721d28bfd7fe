import { saveOnnx } from '@scorebridge/export';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { exportRun } from '../export-run.js';
import { checkOutput } from './check-output.js';
import { contextOf } from './context.js';
import { addSamplerExportOptions, exportSamplerOf, type SamplerExportOptions } from './export-sampler.js';
import { fileName, wholeNumber } from './options.js';

interface Options extends SamplerExportOptions {
  readonly out: string;
  readonly checkpoint?: 'best' | 'last' | number;
  readonly ema?: number;
  readonly raw?: boolean;
  readonly likelihood?: boolean;
  readonly figures?: string;
}

/** Adds `scorebridge export`: writes a trained model as ONNX. */
export function addExport(program: Command): void {
  const command = program
    .command('export')
    .description('write a trained model as an ONNX file, which is all that sampling needs')
    .argument('<run>', 'the folder of a run, or a checkpoint; with --sampler also a model.onnx')
    .option(
      '--out <file>',
      'the file to write; of a sampler by default sampler.onnx',
      fileName('.onnx'),
      'model.onnx',
    )
    .option('--checkpoint <which>', 'best, last or a step (default: last)', checkpointChoice)
    .addOption(
      new Option('--ema <half-life>', 'the moving average of this half-life in images (default: of emaDecay)')
        .argParser(wholeNumber(1))
        .conflicts('raw'),
    )
    .option('--raw', 'the parameters as trained, not a moving average')
    .option(
      '--likelihood',
      "also write v' times the Jacobian of the model, which likelihoods are found by, as NAME.vjp.onnx",
    )
    .option('--figures <file>', 'what `scorebridge evaluate --json` printed, to be kept in the model card');
  addSamplerExportOptions(command).action(async (run: string, options: Options) => {
    const { print } = contextOf(command);
    if (await exportSamplerOf(run, options, command)) return;
    const vjp = options.likelihood ? options.out.replace(/\.onnx$/, '.vjp.onnx') : undefined;
    for (const path of [options.out, ...(vjp ? [vjp] : [])]) await checkOutput(path);
    const figures = options.figures === undefined ? undefined : await readFigures(options.figures);
    const { checkpoint: which, ema, raw } = options;
    const write = async (path: string, vjp: boolean) => {
      const externalFile = `${basename(path)}.data`;
      const exported = await exportRun(run, { checkpoint: which, ema, raw, vjp, figures, externalFile });
      await saveOnnx(path, exported);
      return { ...exported, externalFile };
    };
    const { model, external, name, step, checkpoint, externalFile } = await write(options.out, false);
    if (vjp) await write(vjp, true);
    const weights = external.length > 0 ? join(dirname(options.out), externalFile) : undefined;
    const bytes = model.length;
    print(
      {
        model: options.out,
        weights,
        vjp,
        bytes,
        name,
        step,
        checkpoint,
        ema: options.ema,
        raw: options.raw ?? false,
      },
      `${options.out}: ${name} after ${step} steps, ${(bytes / 1e6).toFixed(2)} MB, ` +
        weightsInWords(options) +
        (vjp ? `; v' times its Jacobian in ${vjp}` : ''),
    );
  });
}

const weightsInWords = ({ raw, ema }: Options): string =>
  raw
    ? 'parameters as trained'
    : `moving average of the parameters${ema === undefined ? '' : `, half-life ${ema} images`}`;

/** Parses `best`, `last` or a step. */
function checkpointChoice(text: string): 'best' | 'last' | number {
  if (text === 'best' || text === 'last') return text;
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError("Expected 'best', 'last' or a step such as 500.");
  return Number(text);
}

/** The numbers and words of a JSON object, one level deep. */
async function readFigures(path: string): Promise<Record<string, number | string>> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new Error(
      `Cannot read the figures ${path} (${error.code}): name a file that evaluate --json printed.`,
    );
  });
  let figures: unknown;
  try {
    figures = JSON.parse(text);
  } catch {
    figures = undefined;
  }
  if (typeof figures !== 'object' || figures === null || Array.isArray(figures))
    throw new Error(
      `${path} does not hold a JSON object: name a file that \`scorebridge evaluate --json\` printed.`,
    );
  // Where the file stood that was measured says nothing of the model.
  const kept = Object.entries(figures).filter(
    ([name, value]) => name !== 'model' && ['number', 'string'].includes(typeof value),
  );
  return Object.fromEntries(kept) as Record<string, number | string>;
}
