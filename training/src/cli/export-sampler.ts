import { exportSampler, saveOnnx, type WrittenModel } from '@scorebridge/export';
import { readCard } from '@scorebridge/runtime';
import { type Command, Option } from 'commander';
import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { exportRun, type ExportRunOptions } from '../export-run.js';
import { checkOutput } from './check-output.js';
import { contextOf } from './context.js';
import { finiteNumber, wholeNumber } from './options.js';
import type { SamplerName, SamplerOptions } from './sampler-choices.js';
import { addSamplerOptions, chooseSampler } from './sampling-options.js';

/** What `scorebridge export` is told of a sampler, beside where the model comes from. */
export interface SamplerExportOptions
  extends SamplerOptions, Pick<ExportRunOptions, 'checkpoint' | 'ema' | 'raw'> {
  readonly out: string;
  readonly sampler?: SamplerName;
  readonly steps?: number;
  readonly guidance?: number;
  readonly noise?: 'input' | 'inside';
  readonly seed?: number;
  readonly unrolled?: boolean;
}

/** Options that mean nothing without a sampler. */
const OF_SAMPLER = [
  ...(['steps', 'spacing', 'eta', 'order', 'variance', 'eps', 'leapfrog'] as const),
  ...(['guidance', 'noise', 'seed', 'unrolled'] as const),
];

/** Options of the export of a run or a model that a sampler's file has no place for. */
const OF_MODEL = ['likelihood', 'figures'];

/** Adds the options for the export of a whole sampler. */
export const addSamplerExportOptions = (command: Command): Command =>
  addSamplerOptions(command)
    .option(
      '--guidance <w>',
      'of the sampler: eps = (1 + w) eps_label - w eps_none (default: 0)',
      finiteNumber,
    )
    .addOption(
      new Option(
        '--noise <where>',
        'of the sampler: given to each run, or drawn inside (default: input)',
      ).choices(['input', 'inside']),
    )
    .option('--seed <n>', 'of the noise inside (default: another in each process)', wholeNumber(0))
    .option('--unrolled', 'a sampler without Loop: the nodes of the network for each of its calls');

/**
 * Writes the model and the sampler as one file, if a sampler is asked for.
 *
 * @returns whether one was
 * @throws Error with one sentence, before any work, if the options do not go together or the sampler cannot be a graph
 */
export async function exportSamplerOf(
  source: string,
  options: SamplerExportOptions,
  command: Command,
): Promise<boolean> {
  const given = (name: string) => command.getOptionValueSource(name) === 'cli';
  if (options.sampler === undefined) {
    const alone = OF_SAMPLER.find(given);
    if (alone) throw new Error(`--${alone} is for the export of a sampler: say which with --sampler.`);
    if (isModel(source))
      throw new Error(
        `${source} cannot be used: it is a model already, of which a whole sampler can be made with --sampler.`,
      );
    return false;
  }
  const strange = OF_MODEL.find(given);
  if (strange) throw new Error(`--${strange} is for the export of a model: leave it out with --sampler.`);
  const out = given('out') ? options.out : 'sampler.onnx';
  await checkOutput(out);
  const { model, ...weights } = await readSource(source, out, options, given);
  const card = readCard(model);
  const { sampler, steps } = chooseSampler(card, options);
  const { guidance, noise, seed, unrolled } = options;
  const written = await exportSampler(model, sampler, { steps, guidance, noise, seed, unrolled });
  await saveOnnx(out, { ...written, ...weights });
  const bytes = written.model.length;
  const { calls } = written.info;
  contextOf(command).print(
    { file: out, bytes, nodes: written.nodes, ...written.info, name: card.name },
    `${out}: ${card.name} under ${sampler.name}, ${calls} network calls, ${written.nodes} nodes, ${(bytes / 1e6).toFixed(2)} MB`,
  );
  return true;
}

const isModel = (source: string) => source.toLowerCase().endsWith('.onnx');

/** The score model that the sampler is made of: a file, or an export of a run. */
async function readSource(
  source: string,
  out: string,
  { checkpoint, ema, raw }: SamplerExportOptions,
  given: (name: string) => boolean,
): Promise<WrittenModel> {
  const externalFile = `${basename(out)}.data`;
  if (!isModel(source)) return exportRun(source, { checkpoint, ema, raw, externalFile });
  const choice = ['checkpoint', 'ema', 'raw'].find(given);
  if (choice) throw new Error(`--${choice} is for a run, and ${source} is a model: leave it out.`);
  if (resolve(source) === resolve(out))
    throw new Error(`${out} is the model itself: name another file for the sampler with --out.`);
  const model = await readFile(source).catch((error: NodeJS.ErrnoException) => {
    throw new Error(
      `Cannot read the model ${source} (${error.code}): name an ONNX file that scorebridge exported.`,
    );
  });
  // Weights beside the file are found by its folder.
  const beside = await stat(join(dirname(source), `${basename(source)}.data`)).catch(() => undefined);
  if (beside && resolve(dirname(source)) !== resolve(dirname(out)))
    throw new Error(`${source} has weights in a file beside it: write the sampler to the same folder.`);
  return { model, external: [] };
}
