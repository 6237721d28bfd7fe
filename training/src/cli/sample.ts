import type { Command } from 'commander';
import { writeAnimation } from '../images/animation.js';
import { columnsFor } from '../images/columns-for.js';
import { denoisingStrip } from '../images/denoising-strip.js';
import { grid } from '../images/grid.js';
import { writeNpy } from '../images/npy.js';
import { writePng } from '../images/png.js';
import { checkImages, samplesAsImages } from '../images/samples-as-images.js';
import { acceptanceLine } from './acceptance-line.js';
import { checkOutput } from './check-output.js';
import { contextOf } from './context.js';
import { drawSamples } from './draw-samples.js';
import { fileName } from './options.js';
import { prepareSampling } from './prepare-sampling.js';
import { addSamplingOptions, type SamplingOptions } from './sampling-options.js';
import { StepKeeper } from './step-keeper.js';

const STRIP = { samples: 10, steps: 12 };
const ANIMATION = { samples: 30, steps: 60 };
/** Pixels that a grid should be wide where its images are small. */
const COMFORTABLE_WIDTH = 640;

interface Options extends SamplingOptions {
  readonly out?: string;
  readonly strip?: string;
  readonly gif?: string;
  readonly webp?: string;
  readonly npy?: string;
}

/** Adds `scorebridge sample`: draws samples of a model and writes them as pictures or numbers. */
export function addSample(program: Command): void {
  const command = program
    .command('sample')
    .description('draw samples of an exported model')
    .argument('<model.onnx>', 'a model that `scorebridge export` wrote');
  addSamplingOptions(command, 64)
    .option(
      '--out <file>',
      'a grid of all samples (default: samples.png, if nothing else is asked for)',
      fileName('.png'),
    )
    .option('--strip <file>', 'how the first samples formed, step by step', fileName('.png'))
    .option('--gif <file>', 'the same as an animation', fileName('.gif'))
    .option('--webp <file>', 'the same as an animation, smaller', fileName('.webp'))
    .option('--npy <file>', 'the samples as numbers, not clipped, for NumPy', fileName('.npy'))
    .action(async (model: string, options: Options) => sampleCommand(model, options, command));
}

async function sampleCommand(path: string, options: Options, command: Command): Promise<void> {
  const context = contextOf(command);
  const { strip, gif, webp, npy } = options;
  const out = options.out ?? (strip || gif || webp || npy ? undefined : 'samples.png');
  const files = Object.entries({ grid: out, strip, gif, webp, npy }).filter(
    (entry) => entry[1] !== undefined,
  );
  for (const [, file] of files as [string, string][]) await checkOutput(file);

  const plan = await prepareSampling(path, options);
  const { card, sampler, labels } = plan;
  if (out || strip || gif || webp) checkImages(card);
  const size = card.shape.reduce((product, extent) => product * extent, 1);
  const stripSteps = strip ? new StepKeeper(STRIP.steps, STRIP.samples * size) : undefined;
  const frames = gif || webp ? new StepKeeper(ANIMATION.steps, ANIMATION.samples * size) : undefined;
  const { samples, provider, steps, seconds, acceptance } = await drawSamples(
    plan,
    options,
    context,
    (step) => {
      stripSteps?.see(step);
      frames?.see(step);
    },
  );

  const { count, seed, guidance, guide } = options;
  const images = (values: Float32Array) => samplesAsImages(card, values);
  const columns = columnsFor(count, labels);
  if (out) {
    const scale = Math.min(
      4,
      Math.max(1, Math.floor(COMFORTABLE_WIDTH / (columns * images(samples).shape[2]))),
    );
    await writePng(out, grid(images(samples), { columns, scale }));
  }
  if (stripSteps) await writePng(strip!, denoisingStrip(stripSteps.kept.map(images), { scale: 2 }));
  if (frames) {
    const bitmaps = frames.kept.map((values) =>
      grid(images(values), { columns: Math.min(columns, ANIMATION.samples), scale: 2 }),
    );
    if (gif) await writeAnimation(gif, 'gif', bitmaps);
    if (webp) await writeAnimation(webp, 'webp', bitmaps);
  }
  if (npy) await writeNpy(npy, { data: samples, shape: [count, ...card.shape] });

  const written = Object.fromEntries(files);
  context.print(
    {
      model: path,
      provider,
      sampler: sampler.name,
      steps,
      count,
      seed,
      guidance,
      guide,
      labels,
      seconds,
      acceptance,
      files: written,
    },
    [
      `${count} samples in ${steps} steps of ${sampler.name} on ${provider.name}, ${seconds.toFixed(1)} s${acceptanceLine(acceptance)}`,
      ...files.map(([kind, file]) => `${kind.padEnd(6)} ${file}`),
    ].join('\n'),
  );
}
