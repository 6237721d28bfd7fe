import {
  CARD_KEY,
  checkCard,
  completeCard,
  describeValue,
  DIFFUSERS_GRAPH,
  type GivenCard,
  type Graph,
  graphValues,
  type GraphValues,
  type ModelCard,
  modelCardSchema,
  parseCard,
  readMetadata,
} from '@scorebridge/runtime';
import type { Command } from 'commander';
import { basename, dirname, resolve } from 'node:path';
import { isGroup, merge } from '../config/merge.js';
import { optionsOf } from '../config/options.js';
import { suggestion } from '../config/suggestion.js';
import { withOnnx } from '../onnx-file/with-onnx.js';
import { writeCard } from '../onnx-file/write-card.js';
import { checkOutput } from './check-output.js';
import { contextOf } from './context.js';
import { fileName } from './options.js';
import { setting } from './setting.js';

type Settings = Readonly<Record<string, unknown>>;

interface Options {
  readonly set?: Settings;
  readonly out?: string;
}

const HOW =
  'give it one, as in --set process.kind=vp process.schedule.name=linear parametrisation=eps graph=diffusers';

/** The numbers of a schedule that are not given: those of DDPM, of Stable Diffusion and of Nichol and Dhariwal. */
const SCHEDULES: Readonly<Record<string, Settings>> = {
  linear: { betaStart: 1e-4, betaEnd: 2e-2, T: 1000 },
  'scaled-linear': { betaStart: 8.5e-4, betaEnd: 1.2e-2, T: 1000 },
  cosine: { s: 0.008, T: 1000 },
};

/** Adds `scorebridge card`: prints the card of an ONNX file, or writes one into it. */
export function addCard(program: Command): void {
  const command = program
    .command('card')
    .description('print what an ONNX file says of itself; with --set, give it the card that sampling needs')
    .argument('<model.onnx>', 'an ONNX file, from wherever it is')
    .option(
      '--set <field=value...>',
      'fields of the card, such as parametrisation=eps; graph=diffusers for the names of its U-Nets',
      cardSetting,
    )
    .option('--out <file>', 'the file to write (default: the file itself)', fileName('.onnx'))
    .action(async (path: string, options: Options) => cardCommand(path, options, command));
}

async function cardCommand(path: string, { set, out = path }: Options, command: Command): Promise<void> {
  const { print, note, signal } = contextOf(command);
  if (!set && out !== path) throw new Error('--out is for a card to write: say what it is with --set.');
  if (set) {
    checkKnown(set);
    await checkOutput(out);
  }
  await withOnnx(path, async (file) => {
    const values = graphValues(file.model);
    const found = readMetadata(file.model)[CARD_KEY];
    let card: ModelCard | undefined;
    try {
      card = set ? cardFrom(set, path, found, values) : found === undefined ? undefined : parseCard(found);
    } catch (error) {
      throw new Error(`${path}: ${(error as Error).message}`, { cause: error });
    }
    if (card && set) {
      await writeCard(file, card, out, signal);
      if (dirname(resolve(out)) !== dirname(resolve(path)) && file.external.length > 0)
        note(`Its weights are in ${file.external.join(', ')}: put a copy beside ${out}.`);
      const [before, now] = [
        scheduleOf(found === undefined ? {} : parsed(found))?.name,
        card.process.schedule,
      ];
      if (typeof before === 'string' && before !== now.name)
        note(
          `The schedule was ${before}, whose numbers are not those of ${now.name}: it is ${inWords(now)} now; set what is otherwise.`,
        );
    }
    const { inputs, outputs } = values;
    print(
      { model: out, card: card ?? null, inputs, outputs, external: file.external },
      [
        card ? `${out} has the card` : `${out} has no card: ${HOW}`,
        ...leaves(card).map(([path, value]) => `  ${path}=${inWords(value)}`),
        ...listed('inputs', inputs),
        ...listed('outputs', outputs),
      ].join('\n'),
    );
  });
}

/** The card that settings make for a file, laid over the one that it has. */
function cardFrom(set: Settings, path: string, found: string | undefined, values: GraphValues): ModelCard {
  const own = found === undefined ? newCard(path) : withoutOtherSchedule(parsed(found), set);
  const given = merge(own, set) as Record<string, unknown>;
  const { process, classes } = given;
  if (isGroup(process) && isGroup(process.schedule)) {
    const defaults = SCHEDULES[String(process.schedule.name)] ?? {};
    given.process = { ...process, schedule: { ...defaults, ...process.schedule } };
  }
  // Named even where the names are those of Scorebridge, whose own files are held to its types as well.
  if (found === undefined && !given.graph)
    given.graph = {
      ...{ x: 'x', level: 'level', prediction: 'prediction' },
      ...(classes ? { label: 'label' } : {}),
    } satisfies Graph;
  const card = completeCard(given as unknown as GivenCard, values);
  checkCard(values, card);
  return card;
}

const newCard = (path: string): Settings => ({ name: basename(path).replace(/\.onnx$/i, '') || 'model' });

const scheduleOf = (card: unknown): Settings | undefined =>
  isGroup(card) && isGroup(card.process) && isGroup(card.process.schedule)
    ? card.process.schedule
    : undefined;

/** A card without the numbers of its schedule where another is set, but for the number of its steps. */
function withoutOtherSchedule(card: unknown, set: Settings): unknown {
  const [own, other] = [scheduleOf(card), scheduleOf(set)];
  if (!own || other?.name === undefined || other.name === own.name) return card;
  const { process } = card as { process: Settings };
  const schedule = own.T === undefined ? {} : { T: own.T };
  return { ...(card as Settings), process: { ...process, schedule } };
}

function parsed(card: string): unknown {
  try {
    return JSON.parse(card);
  } catch {
    return {};
  }
}

/** @throws Error that names the first setting that is no field of a card. */
function checkKnown(set: Settings): void {
  const known = optionsOf(modelCardSchema);
  for (const [path] of leaves(set))
    if (
      !known.some((field) => field.path === path || field.path.startsWith(`${path}.`)) &&
      !/^figures\./.test(path)
    )
      throw new Error(`A card has no '${path}'${suggestion(path, known)}.`);
}

/** The values of a card that are no groups, by their keys parted by dots. */
const leaves = (
  group: Readonly<Record<string, unknown>> = {},
  before = '',
): [path: string, value: unknown][] =>
  Object.entries(group).flatMap(([key, value]): [string, unknown][] =>
    isGroup(value) ? leaves(value, `${before}${key}.`) : [[before + key, value]],
  );

const inWords = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

function listed(title: string, values: GraphValues['inputs']): string[] {
  const width = Math.max(...values.map(({ name }) => name.length));
  return [title, ...values.map((value) => `  ${value.name.padEnd(width)}  ${describeValue(value)}`)];
}

/** As a setting of a config, and `graph=diffusers`. */
const cardSetting = (text: string, previous: Settings = {}): Settings =>
  setting(text === 'graph=diffusers' ? `graph=${JSON.stringify(DIFFUSERS_GRAPH)}` : text, previous);
