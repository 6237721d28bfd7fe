import { type Command, Option } from 'commander';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { editDistance } from '../config/edit-distance.js';
import { chooseEngine } from '../engines/choose.js';
import { ENGINE_NAMES, type EngineName } from '../engines/engine.js';
import { writeAtomically } from '../files/write-atomically.js';
import { experiments } from '../lab/experiments.js';
import { writePlot } from '../plots/render.js';
import { checkOutput } from './check-output.js';
import { contextOf } from './context.js';
import { wholeNumber } from './options.js';

interface Options {
  readonly list?: boolean;
  readonly full?: boolean;
  readonly seed: number;
  readonly out?: string;
  readonly engine: EngineName | 'auto';
}

/** Adds `scorebridge lab`: runs an experiment on score-based models and draws what it has found. */
export function addLab(program: Command): void {
  const command = program
    .command('lab')
    .description('run an experiment on score-based models: numbers as JSON, pictures as SVG and PNG')
    .argument('[name]', 'an experiment; --list names them')
    .option('--list', 'name the experiments, with what each asks')
    .option('--full', 'the larger form, whose figures the documents quote')
    .option('--seed <n>', 'of data, parameters and noise', wholeNumber(0), 0)
    .option('--out <folder>', 'where numbers and pictures go (default: lab/ and the name)')
    .addOption(
      new Option('--engine <name>', 'what computes training steps')
        .choices(['auto', ...ENGINE_NAMES])
        .default('auto'),
    )
    .action(async (name: string | undefined, options: Options) => labCommand(name, options, command));
}

async function labCommand(name: string | undefined, options: Options, command: Command): Promise<void> {
  const context = contextOf(command);
  if (options.list || name === undefined) {
    const width = Math.max(...experiments.map(({ name }) => name.length));
    context.print(
      experiments.map(({ name, question }) => ({ name, question })),
      experiments.map(({ name, question }) => `${name.padEnd(width)}  ${question}`).join('\n'),
    );
    return;
  }
  const experiment = experiments.find((candidate) => candidate.name === name);
  if (!experiment) throw new RangeError(unknown(name));
  const { full = false, seed, engine: engineName } = options;
  const folder = options.out ?? join('lab', name);
  const numbers = join(folder, `${name}.json`);
  await checkOutput(numbers);
  const engine = await chooseEngine({ engine: engineName });
  const started = performance.now();
  const { signal, note } = context;
  const { figures, summary, pictures } = await experiment.run({ full, seed, engine, signal, note });
  signal.throwIfAborted();
  const seconds = (performance.now() - started) / 1000;

  await mkdir(folder, { recursive: true });
  const files = [numbers];
  const result = { experiment: name, full, seed, engine: engine.name, seconds, figures };
  for (const [picture, plot] of Object.entries(pictures))
    for (const ending of ['svg', 'png']) {
      const path = join(folder, `${picture}.${ending}`);
      await writePlot(path, plot);
      files.push(path);
    }
  await writeAtomically(numbers, `${JSON.stringify(result, undefined, 2)}\n`);
  context.print(
    { ...result, files },
    [...summary, '', `${seconds.toFixed(1)} s; numbers and pictures are in ${folder}`].join('\n'),
  );
}

function unknown(name: string): string {
  const near = [...experiments].sort((a, b) => editDistance(a.name, name) - editDistance(b.name, name))[0]!
    .name;
  return `There is no experiment ${name}: did you mean ${near}? scorebridge lab --list names all.`;
}
