import { VERSION } from '@scorebridge/runtime';
import * as tf from '@tensorflow/tfjs';
import { Command, CommanderError } from 'commander';
import { addCard } from './card.js';
import { Interrupted } from './context.js';
import { addConvert } from './convert.js';
import { addDoctor } from './doctor.js';
import { addEvaluate } from './evaluate.js';
import { addExport } from './export.js';
import { addJudge } from './judge.js';
import { addLab } from './lab.js';
import { addSample } from './sample.js';
import { addSetup } from './setup.js';
import { addTrain } from './train.js';

const program = new Command('scorebridge')
  .description(
    'Train score-based generative models, export them to ONNX, sample and judge them; convert TensorFlow.js models.',
  )
  .version(VERSION)
  .option('--json', 'print the result as JSON')
  .option('--verbose', 'with an error, print its stack trace')
  .exitOverride()
  .configureHelp({ showGlobalOptions: true })
  .configureOutput({
    outputError: (text, write) => write(`scorebridge: ${oneLine(text.replace(/^error: /, ''))}\n`),
  });
for (const add of [
  addDoctor,
  addTrain,
  addExport,
  addConvert,
  addSample,
  addCard,
  addEvaluate,
  addJudge,
  addLab,
  addSetup,
])
  add(program);

// Else tfjs recommends its Node backend on stderr, which is one of the engines to choose from.
tf.enableProdMode();

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = report(error);
}

/** Says what went wrong and returns the exit code. */
function report(error: unknown): number {
  // Commander has printed its own message, or the help that was asked for.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 1;
  if (error instanceof Interrupted) {
    process.stderr.write('scorebridge: interrupted; nothing half-written is left.\n');
    return 130;
  }
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  process.stderr.write(
    `scorebridge: ${program.opts<{ verbose?: boolean }>().verbose ? stack : oneLine(message)}\n`,
  );
  return 1;
}

function oneLine(text: string): string {
  return text.trim().replace(/\s*\n\s*/g, ' ');
}
