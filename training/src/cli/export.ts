import type { Command } from 'commander';
import { readFile } from 'node:fs/promises';
import { writeAtomically } from '../files/write-atomically.js';
import { exportRun } from '../export-run.js';
import { checkOutput } from './check-output.js';
import { contextOf } from './context.js';
import { fileName } from './options.js';

interface Options {
  readonly out: string;
  readonly raw?: boolean;
  readonly figures?: string;
}

/** Adds `scorebridge export`: writes a trained model as ONNX. */
export function addExport(program: Command): void {
  const command = program
    .command('export')
    .description('write a trained model as an ONNX file, which is all that sampling needs')
    .argument('<run>', 'the folder of a run (its latest checkpoint is taken), or a checkpoint')
    .option('--out <file>', 'the file to write', fileName('.onnx'), 'model.onnx')
    .option('--raw', 'the parameters as trained, not their moving average')
    .option('--figures <file>', 'what `scorebridge evaluate --json` printed, to be kept in the model card')
    .action(async (run: string, options: Options) => {
      const { print } = contextOf(command);
      await checkOutput(options.out);
      const figures = options.figures === undefined ? undefined : await readFigures(options.figures);
      const { model, card, checkpoint } = await exportRun(run, { raw: options.raw, figures });
      await writeAtomically(options.out, model);
      print(
        { model: options.out, bytes: model.length, checkpoint, card },
        `${options.out}: ${card.name} after ${card.step} steps, ${(model.length / 1e6).toFixed(2)} MB, ` +
          (options.raw ? 'parameters as trained' : `moving average (decay ${card.ema})`),
      );
    });
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
  const kept = Object.entries(figures).filter(([, value]) => ['number', 'string'].includes(typeof value));
  return Object.fromEntries(kept) as Record<string, number | string>;
}
