/**
 * The graphs of networks beside those that tf2onnx makes of the same ones: nodes, and time on ONNX Runtime's CPU provider, in
 * turns, in one process. `npm run bench:graphs [-- rounds]`. Both are of opset 18, tf2onnx's newest, with the same dimensions
 * open, and agree on random inputs, or it fails. Rewrites test/nets/tf2onnx-nodes.json, which the tests hold the graphs to.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { exportFunction } from '@scorebridge/export';
import { convertModel } from '@scorebridge/export/convert';
import { createSession, type Session } from '@scorebridge/runtime';
import * as tf from '@tensorflow/tfjs';
import type { Tensor } from 'onnxruntime-common';
import { drawInputs } from '../nets/draw-inputs.js';
import type { Net } from '../nets/net.js';
import { NETS } from '../nets/nets.js';
import { countNodes } from '../support/count-nodes.js';
import { convertByTf2onnx, PINS, type Tf2onnx } from '../support/tf2onnx.js';
import { quantile, seconds } from './statistics.js';

const OPSET = 18;
const COUNTS = fileURLToPath(new URL('../nets/tf2onnx-nodes.json', import.meta.url));
const BASIC_PITCH = createRequire(import.meta.url).resolve('@spotify/basic-pitch/model/model.json');
const rounds = Number(process.argv[2] ?? 30);
/** Small networks are run several times in a row, for as long as this. */
const LEAST_SECONDS = 5e-3;

await tf.setBackend('cpu');

interface Case {
  readonly net: Pick<Net, 'inputs' | 'below' | 'sizes'>;
  readonly model: Uint8Array;
}

async function cases(nets: Readonly<Record<string, Net>>): Promise<Record<string, Case>> {
  const made: Record<string, Case> = {};
  for (const [name, net] of Object.entries(nets))
    made[name] = { net, model: exportFunction(net.fn, net.inputs, { opset: OPSET }).model };
  const { inputs, model, source } = await convertModel(BASIC_PITCH, { opset: OPSET });
  source.dispose();
  made['basic-pitch'] = { net: { inputs, sizes: [{ batch: 1 }, { batch: 2 }] }, model };
  return made;
}

/** The same feeds by the names that another file has for its inputs: in order, where they are not the same. */
const renamed = (feeds: Readonly<Record<string, Tensor>>, names: readonly string[]) =>
  Object.fromEntries(
    names.map((name, i) => [name, feeds[name.replace(/:0$/, '')] ?? Object.values(feeds)[i]!]),
  );

/** The largest difference of outputs, over their root mean square; matched by name, or by order. */
function difference(
  ours: Readonly<Record<string, Tensor>>,
  theirs: Readonly<Record<string, Tensor>>,
): number {
  const distances = Object.entries(ours).map(([name, { data, dims }], i) => {
    const other = theirs[name] ?? Object.values(theirs)[i]!;
    const [a, b] = [data as Float32Array, other.data as Float32Array];
    if (dims.join() !== other.dims.join()) return Infinity;
    const scale = Math.sqrt(a.reduce((sum, v) => sum + v * v, 0) / a.length);
    return a.reduce((most, v, k) => Math.max(most, Math.abs(v - b[k]!)), 0) / scale;
  });
  return Math.max(...distances);
}

/** The median of seconds, in milliseconds, and the quartiles. */
const milliseconds = (values: readonly number[]): string => {
  const [low, middle, high] = [0.25, 0.5, 0.75].map((q) => (1000 * quantile(values, q)).toPrecision(3));
  return `${middle} (${low} to ${high})`;
};

/** Seconds of each side, in turns. */
async function time(sides: readonly (() => Promise<unknown>)[]): Promise<number[][]> {
  const times = await Promise.all(sides.map(async (run) => (await run(), seconds(run))));
  const repeats = Math.max(1, Math.ceil(LEAST_SECONDS / Math.min(...times)));
  const found: number[][] = sides.map(() => []);
  for (let round = 0; round < rounds; round++)
    // Each side goes first in every other round.
    for (const [i, run] of round % 2 === 0 ? sides.entries() : [...sides.entries()].reverse()) {
      const all = await seconds(async () => {
        for (let k = 0; k < repeats; k++) await run();
      });
      found[i]!.push(all / repeats);
    }
  return found;
}

const nets = Object.fromEntries(Object.entries(NETS).map(([name, make]) => [name, make()]));
const folder = await mkdtemp(join(tmpdir(), 'scorebridge-graphs-'));
const theirs = await convertByTf2onnx(folder, { ...nets, 'basic-pitch': BASIC_PITCH });
await rm(folder, { recursive: true });

const ON_CPU = { provider: 'cpu', threads: 1 } as const;

/** What tf2onnx made, opened, or why there is nothing to open. */
async function open(made: Tf2onnx): Promise<{ nodes: number; opened: Session } | { error: string }> {
  if ('error' in made) return made;
  try {
    return { nodes: made.nodes, opened: await createSession(made.model, ON_CPU) };
  } catch (error) {
    const [reason] = (error as Error).message.split(', Error ').slice(-1);
    return { error: `ONNX Runtime cannot open it: ${reason}` };
  }
}

const row = (...cells: (string | number)[]) => console.log(`| ${cells.join(' | ')} |`);
row('network', 'nodes', 'tf2onnx', 'ms (quartiles)', 'tf2onnx', 'ratio (quartiles), of minima');
row('---', '--:', '--:', '---', '---', '---');
const nodes: Record<string, number | string> = {};
for (const [name, { net, model }] of Object.entries(await cases(nets))) {
  const other = theirs[name]!;
  const there = await open(other);
  if ('error' in there) {
    nodes[name] = there.error;
    row(name, countNodes(model), 'cannot', '', '', there.error.replace(/\|/g, '/'));
    continue;
  }
  nodes[name] = there.nodes;
  const sessions = [await createSession(model, ON_CPU), there.opened];
  const { host, tensors } = drawInputs(net, net.sizes.at(-1)!);
  tf.dispose(tensors);
  const runs = sessions.map(({ session }) => {
    const feeds = renamed(host, session.inputNames);
    return () => session.run(feeds) as Promise<Record<string, Tensor>>;
  });
  const apart = difference(await runs[0]!(), await runs[1]!());
  if (!(apart < 1e-4)) throw new Error(`${name} is not what tf2onnx makes of it: ${apart} apart.`);
  const [a, b] = (await time(runs)) as [number[], number[]];
  const ratios = a.map((t, i) => t / b[i]!);
  const quartiles = [0.5, 0.25, 0.75].map((q) => quantile(ratios, q).toFixed(2));
  row(
    name,
    countNodes(model),
    there.nodes,
    milliseconds(a),
    milliseconds(b),
    `${quartiles[0]} (${quartiles[1]} to ${quartiles[2]}), ${(Math.min(...a) / Math.min(...b)).toFixed(2)}`,
  );
  for (const { session } of sessions) await session.release();
}
const made = { madeBy: 'npm run bench:graphs', opset: OPSET, versions: PINS, nodes };
await writeFile(COUNTS, `${JSON.stringify(made, null, 2)}\n`);
for (const { dispose } of Object.values(nets)) dispose();
