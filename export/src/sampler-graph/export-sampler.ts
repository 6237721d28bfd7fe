import {
  CARD_KEY,
  checkSeed,
  integers,
  type ModelCard,
  type RecordedCall,
  type Recording,
  recordSampler,
  type Sampler,
  SAMPLER_KEY,
  type SamplerInfo,
  VERSION,
} from '@scorebridge/runtime';
import {
  ATTRIBUTE_TYPE,
  DATA_TYPE,
  type Dimension,
  type GraphMessage,
  ModelProto,
  type Tensor,
  type ValueInfo,
} from '../onnx/schema.js';
import type { WrittenModel } from '../onnx/write.js';
import { emitStep, type Kept, type Made, type StepParts } from './emit-step.js';
import { Emitter, type Scalar } from './emitter.js';
import { namesBeside, needed, type Network, placeNetwork, readNetwork } from './network.js';

export interface ExportSamplerOptions {
  /** Steps of the sampler; its own number by default. */
  readonly steps?: number | undefined;
  /** Weight w of classifier-free guidance; 0, the default, is none. */
  readonly guidance?: number | undefined;
  /**
   * Whether noise is an input (default), which makes the samples a function of the inputs and runs on any provider, or drawn
   * inside the graph (ONNX RandomNormalLike).
   */
  readonly noise?: 'input' | 'inside' | undefined;
  /** Of the noise inside; by default each process draws its own. */
  readonly seed?: number | undefined;
  /**
   * Whether the network's nodes are repeated for each call, for providers without Loop. The weights are not. ONNX Runtime opens
   * such a file in a time that grows with the square of its calls: seconds for 10 of a U-Net.
   */
  readonly unrolled?: boolean | undefined;
}

/** The file; it names no weights beside it but those that the score model's did. */
export interface WrittenSampler extends WrittenModel {
  readonly info: SamplerInfo;
  /** Nodes of the graph, those of the Loop's body included. */
  readonly nodes: number;
}

/** Names that the caller meets. */
const OWN_NAMES = ['noise', 'step_noise', 'label', 'count', 'samples'];

/**
 * A score model and a sampler as one ONNX graph, which any ONNX Runtime runs with one call. Inputs: `noise`
 * [batch, ...shape] to start from and, of a sampler that draws noise on its way, `step_noise` [draws, batch, ...shape], both
 * standard normals (`noise` of annealed Langevin dynamics: uniform on [0, 1)); or with noise inside, without classes,
 * `count` int64 [1]. With classes `label` int32 [batch]. Output `samples` [batch, ...shape]. The batch is symbolic.
 *
 * The steps are the runtime's own, recorded (`recordSampler`): the same samples as `sample` draws from the same noise.
 *
 * @param model the bytes of a score model's ONNX file; weights outside of it stay where they are
 * @throws NotOnnxError, CardError; RangeError or Error with one sentence if the sampler cannot be written as a graph, an option
 *   is out of range, or the file is no score model
 */
export async function exportSampler(
  model: Uint8Array,
  sampler: Sampler,
  options: ExportSamplerOptions = {},
): Promise<WrittenSampler> {
  const { steps, guidance = 0, noise = 'input', seed, unrolled = false } = options;
  const network = readNetwork(model);
  const { card, variance } = network;
  checkGuidance(card, guidance);
  if (seed !== undefined) {
    if (noise === 'input') throw new RangeError('A seed is for noise inside the graph: leave it out.');
    checkSeed(seed);
  }
  const recording = await recordSampler(sampler, card, { steps, variance });
  return new SamplerGraph(network, recording, { guidance, noise, seed, unrolled }).write();
}

function checkGuidance({ classes }: ModelCard, w: number): void {
  if (!Number.isFinite(w)) throw new RangeError(`guidance is ${w}; expected a finite number.`);
  if (w === 0) return;
  if (!classes) throw new RangeError('The model has no classes, so leave guidance out.');
  if (classes.unconditional === null)
    throw new RangeError(
      'The model was trained without dropping labels, so it cannot be guided: leave guidance out.',
    );
}

type Settings = Required<Omit<ExportSamplerOptions, 'steps' | 'seed'>> & { seed: number | undefined };

class SamplerGraph {
  private readonly network: Network;
  private readonly initializers: Tensor[] = [];
  private readonly main: Emitter;
  private readonly inputs: ValueInfo[] = [];
  /** For each call, which draw comes after it; of one without, the last that was. */
  private readonly drawOf: readonly number[];
  private readonly draws: number;
  /** How often noise nodes were made, each of which has a seed of its own. */
  private sources = 0;

  constructor(
    network: Network,
    private readonly recording: Recording,
    private readonly settings: Settings,
  ) {
    const { calls, before } = recording;
    const learned = calls.some(({ learned }) => learned);
    this.network = needed(network, ['prediction', ...(learned ? ['variance_share'] : [])]);
    this.main = new Emitter(namesBeside(network, OWN_NAMES), this.initializers);
    let draws = before.onNoise === 0 ? 0 : 1;
    this.drawOf = calls.map(({ noise }) => (noise ? draws++ : Math.max(0, draws - 1)));
    this.draws = draws;
  }

  write(): WrittenSampler {
    const { main, settings, recording } = this;
    const { start, before } = recording;
    const { rows, drawn } = this.start();
    const started = main.sum([main.times(start.factor, drawn), offset(main, start.offset)])!;
    const first = main.sum([
      main.times(before.onX, started),
      before.onNoise === 0 ? undefined : main.times(before.onNoise, this.noise(main, started, 0)),
    ])!;
    const asked = this.asking(rows);
    const last = settings.unrolled ? this.unrolled(first, asked) : this.looped(first, asked);
    main.apply('Identity', [last], {}, 'samples');
    return this.file();
  }

  /** The batch as an int64 vector of one, and the draw that x starts from; declares the inputs for both. */
  private start(): { rows: string; drawn: string } {
    const { main, settings, recording } = this;
    const { card } = this.network;
    const shape = [batch, ...card.shape.map(fixed)];
    if (settings.noise === 'input') {
      const what = recording.start.draw === 'normal' ? 'standard normals' : 'uniform numbers from 0 to 1';
      this.inputs.push(valueInfo('noise', 'float32', shape, `${what} to start from`));
      if (this.draws > 0)
        this.inputs.push(
          valueInfo('step_noise', 'float32', [fixed(this.draws), ...shape], 'standard normals of the steps'),
        );
    } else if (!card.classes)
      this.inputs.push(valueInfo('count', 'int64', [fixed(1)], 'how many samples to draw'));
    if (card.classes) this.inputs.push(valueInfo('label', 'int32', [batch], 'the class of each sample'));
    const rows = this.rows(card.classes !== null);
    if (settings.noise === 'input') return { rows, drawn: 'noise' };
    const shapeOf = main.apply('Concat', [rows, main.int64(card.shape)], { axis: 0 });
    const zeros = main.apply('Expand', [main.scalar(0), shapeOf]);
    return { rows, drawn: this.random(main, zeros, recording.start.draw) };
  }

  private rows(labelled: boolean): string {
    const { main } = this;
    if (this.settings.noise === 'inside') return labelled ? main.apply('Shape', ['label']) : 'count';
    return main.apply('Slice', [main.apply('Shape', ['noise']), main.int64([0]), main.int64([1])]);
  }

  /** What asks the network in a graph, guided. */
  private asking(rows: string) {
    const { main, network, settings } = this;
    const { classes } = network.card;
    const w = settings.guidance;
    const asked = w === 0 ? rows : main.apply('Mul', [rows, main.int64([2])]);
    const unlabelled = () => main.apply('Expand', [main.int32(classes!.unconditional!), rows]);
    const label = w === 0 ? 'label' : main.apply('Concat', ['label', unlabelled()], { axis: 0 });
    return (g: Emitter) =>
      (x: string, level: Scalar): ReturnType<StepParts['network']> => {
        const value = placeNetwork(g, network, {
          x: w === 0 ? x : g.apply('Concat', [x, x], { axis: 0 }),
          level: g.apply('Expand', [g.scalar(level), asked]),
          ...(classes && { label }),
        });
        const prediction = value('prediction');
        const share = network.variance ? { varianceShare: value('variance_share') } : {};
        if (w === 0) return { prediction, ...share };
        const half = (of: string, from: string, to: string) =>
          g.apply('Slice', [of, from, to, main.int64([0])]);
        const labelled = (of: string) => half(of, main.int64([0]), rows);
        const guided = g.sum([
          g.times(1 + w, labelled(prediction)),
          g.times(-w, half(prediction, rows, asked)),
        ])!;
        return {
          prediction: guided,
          ...(share.varianceShare && { varianceShare: labelled(share.varianceShare) }),
        };
      };
  }

  private parts(
    g: Emitter,
    calls: readonly RecordedCall[],
    scalar: StepParts['scalar'],
    draw: number | string,
    network: StepParts['network'],
  ): StepParts {
    const { valueRange, shape } = this.network.card;
    return { calls, scalar, network, noise: (x) => this.noise(g, x, draw), valueRange, shape };
  }

  private unrolled(first: string, asked: ReturnType<SamplerGraph['asking']>): string {
    const { main, recording } = this;
    let kept: Kept = { x: [first], estimate: [], noise: [] };
    for (const [i, call] of recording.calls.entries()) {
      const parts = this.parts(main, [call], (of) => of(call), this.drawOf[i]!, asked(main));
      kept = shift(kept, emitStep(main, parts, kept));
    }
    return kept.x[0]!;
  }

  private looped(first: string, asked: ReturnType<SamplerGraph['asking']>): string {
    const { main, network, recording } = this;
    const { calls } = recording;
    const g = main.inner();
    const own = (name: string) => main.names.take(name);
    const [iteration, going] = [own('iteration'), own('going')];
    /** How many of each are carried from iteration to iteration. */
    const carried = (of: keyof Kept) =>
      Math.max(
        0,
        ...calls.flatMap(({ next }) => next.filter((term) => term.of === of).map(({ ago }) => ago)),
      );
    const [olderX, estimates, noises] = [carried('x'), carried('estimate'), carried('noise')];
    const names = (name: string, count: number) => Array.from({ length: count }, () => own(name));
    const entering: Kept = {
      x: [own('x_t'), ...names('x_before', olderX)],
      estimate: names('estimate_before', estimates),
      noise: names('noise_before', noises),
    };
    const scalar: StepParts['scalar'] = (of) => {
      const column = calls.map(of);
      if (column.every((value) => value === column[0])) return column[0]!;
      return g.apply('Gather', [main.floats(column), iteration], { axis: 0 });
    };
    const draw = () =>
      this.draws > 0 && this.settings.noise === 'input'
        ? g.apply('Gather', [main.int64(this.drawOf), iteration], { axis: 0 })
        : 0;
    const made = emitStep(g, this.parts(g, calls, scalar, draw(), asked(g)), entering);
    const leaving = shift(entering, made);
    const state = (kept: Kept) =>
      [
        ...kept.x.slice(0, 1 + olderX),
        ...kept.estimate.slice(0, estimates),
        ...kept.noise.slice(0, noises),
      ] as string[];

    const shape = [batch, ...network.card.shape.map(fixed)];
    // The body's outputs are values of its own, under names of their own.
    const outputs = state(leaving).map((name) => g.apply('Identity', [name], {}, own('next')));
    const stays = g.apply('Identity', [going], {}, own('going_on'));
    const body: GraphMessage = {
      name: 'step',
      node: g.nodes,
      // ONNX Runtime packs weights, and blocks the layout of convolutions, for constants of the same graph alone: with the
      // weights outside, the Loop takes up to three times as long.
      initializer: network.model.graph.initializer,
      input: [
        valueInfo(iteration, 'int64', []),
        valueInfo(going, 'bool', []),
        ...state(entering).map((name) => valueInfo(name, 'float32', shape)),
      ],
      output: [valueInfo(stays, 'bool', []), ...outputs.map((name) => valueInfo(name, 'float32', shape))],
    };
    const zeros =
      outputs.length > 1 ? main.apply('Expand', [main.scalar(0), main.apply('Shape', [first])]) : first;
    const results = outputs.map(() => own('looped'));
    main.nodes.push({
      ...{ opType: 'Loop', name: own('Loop:sampler'), output: results },
      input: [main.int64([calls.length], []), '', first, ...outputs.slice(1).map(() => zeros)],
      attribute: [{ name: 'body', type: ATTRIBUTE_TYPE.graph, g: body }],
    });
    return results[0]!;
  }

  /** A draw of noise of x's shape, of `step_noise` or by a node. */
  private noise(g: Emitter, x: string, draw: number | string): string {
    if (this.settings.noise === 'inside') return this.random(g, x, 'normal');
    const index = typeof draw === 'string' ? draw : this.main.int64([draw], []);
    return g.apply('Gather', ['step_noise', index], { axis: 0 });
  }

  private random(g: Emitter, like: string, draw: 'normal' | 'uniform'): string {
    const { seed } = this.settings;
    const op = draw === 'normal' ? 'RandomNormalLike' : 'RandomUniformLike';
    if (seed === undefined) return g.apply(op, [like]);
    // Neighbouring seeds of ONNX Runtime's generator begin alike; 24 bits are what the attribute, a float, holds.
    const [own] = integers(new Int32Array(1), 2 ** 24, { seed, step: this.sources++ });
    return g.apply(op, [like], { seed: own! });
  }

  private file(): WrittenSampler {
    const { main, network, recording, settings, draws } = this;
    const { card, model } = network;
    const { guidance, noise, unrolled } = settings;
    const info: SamplerInfo = {
      format: '1.0',
      sampler: recording.name,
      calls: recording.calls.length,
      ...{ guidance, start: recording.start.draw, draws, noise, unrolled },
    };
    const graph: GraphMessage = {
      ...model.graph,
      name: `${card.name}, ${recording.name}`,
      node: main.nodes,
      initializer: [...(unrolled ? model.graph.initializer : []), ...this.initializers],
      input: this.inputs,
      output: [valueInfo('samples', 'float32', [batch, ...card.shape.map(fixed)])],
      valueInfo: [],
    };
    const written = {
      ...model,
      producerName: 'scorebridge',
      producerVersion: VERSION,
      metadataProps: [
        ...model.metadataProps.filter(({ key }) => key !== CARD_KEY && key !== SAMPLER_KEY),
        { key: CARD_KEY, value: JSON.stringify(card) },
        { key: SAMPLER_KEY, value: JSON.stringify(info) },
      ],
      graph,
    };
    return {
      model: ModelProto.encode(ModelProto.fromObject(written)).finish(),
      external: [],
      info,
      nodes: countNodes(graph),
    };
  }
}

const offset = (g: Emitter, value: number): string | undefined => (value === 0 ? undefined : g.scalar(value));

/** What there is at the next call. */
const shift = (kept: Kept, made: Made): Kept => ({
  x: [made.x, ...kept.x],
  estimate: [made.estimate, ...kept.estimate],
  noise: [made.noise, ...kept.noise],
});

const batch: Dimension = { dimParam: 'batch' };
const fixed = (dimValue: number): Dimension => ({ dimValue });

const valueInfo = (
  name: string,
  dtype: keyof typeof DATA_TYPE,
  dim: Dimension[],
  docString?: string,
): ValueInfo => ({
  name,
  type: { tensorType: { elemType: DATA_TYPE[dtype], shape: { dim } } },
  ...(docString !== undefined && { docString }),
});

const countNodes = ({ node }: GraphMessage): number =>
  node.reduce(
    (sum, { attribute }) => sum + 1 + attribute.reduce((inner, { g }) => inner + (g ? countNodes(g) : 0), 0),
    0,
  );
