import type { SourceCard } from '../card/source-card.js';
import { conversion } from '../parametrisation/convert.js';
import { checkNeeds } from '../samplers/check-needs.js';
import { logSigmas } from '../samplers/log-sigmas.js';
import type { Chain, Plan, Sampler } from '../samplers/sampler.js';
import type { FloatArray } from '../sampling/float-array.js';
import type { RecordedCall, RecordedTerm, Recording, Start } from './recording.js';

export interface RecordOptions {
  /** Steps of the sampler; its own number by default. */
  readonly steps?: number | undefined;
  /** Whether the model has learned a variance. */
  readonly variance?: boolean;
}

/** What of a model's card its samplers go by. */
export type RecordedCard = Pick<SourceCard, 'process' | 'parametrisation' | 'valueRange'>;

/**
 * Writes a sampler down by running it on symbols. Its chain has as its state not a sample but what a sample is made of: one
 * number for each thing that may be in it, a state, an estimate or a draw of noise, which is that thing's coefficient.
 * Whatever linear arithmetic the sampler does on arrays, it does on the coefficients. At each network call x becomes a thing
 * of its own, and what it was made of is written down.
 *
 * Each thing has a place in the arrays and a size there that is its unit, and a few network calls later its place is
 * another's. So that arithmetic which is not linear, and things kept for too long, cannot pass unseen, the sampler is run
 * twice, with other places and units, and has to come out the same.
 *
 * @throws RangeError with one sentence if the sampler does what no coefficients can say, such as to accept or reject, or if
 *   it cannot be run for this process and these steps
 */
export async function recordSampler(
  sampler: Sampler,
  card: RecordedCard,
  { steps, variance = false }: RecordOptions = {},
): Promise<Recording> {
  const refuse = refusing(sampler);
  checkNeeds(sampler, { energy: true, variance });
  const plan = sampler.plan(card.process, steps);
  const start = findStart(sampler, card, plan, refuse);
  const run = async (places: number, unit: (thing: number) => number) => {
    const recorder = new Recorder(card, variance, places, unit, refuse);
    for await (const _ of sampler.run(recorder.chain, plan));
    return recorder.finish();
  };
  const first = await run(96, () => 1);
  const second = await run(89, (thing) => (thing % 2 ? -1 : 1) * (1 + ((thing * 0.618) % 1)));
  if (!alike(first, second)) refuse('its steps depend on the samples otherwise than linearly');
  return { name: sampler.name, start, ...first };
}

type Refuse = (reason: string) => never;

const refusing =
  ({ name }: Sampler): Refuse =>
  (reason) => {
    throw new RangeError(
      `The sampler ${name} cannot be written as a graph, since ${reason}: take one whose steps are weighted sums, such as ddim.`,
    );
  };

/** What the start is made of, by what becomes of draws of 0 and 1. */
function findStart(sampler: Sampler, card: RecordedCard, plan: Plan, refuse: Refuse): Start {
  let draw: Start['draw'] | undefined;
  const from = (value: number) => {
    const drawing = (kind: Start['draw']) => () => {
      if (draw !== undefined && draw !== kind) refuse('it starts from two kinds of noise');
      draw = kind;
      return Float32Array.of(value);
    };
    const chain = {
      ...unrecordable(refuse),
      card: { ...card, shape: [1], classes: null },
      x: new Float64Array(1),
      normals: drawing('normal'),
      uniforms: drawing('uniform'),
    };
    sampler.initialise(chain, plan);
    return chain.x[0]!;
  };
  const [offset, one, two] = [from(0), from(1), from(2)];
  const factor = one - offset;
  if (draw === undefined || Math.abs(two - offset - 2 * factor) > 1e-9 * Math.abs(factor))
    refuse('it does not start from noise');
  return { draw: draw!, offset, factor };
}

/** What a chain may be asked for that no coefficients say. */
const unrecordable = (refuse: Refuse): Chain => ({
  card: undefined as never,
  x: undefined as never,
  estimate: () => refuse('it asks the network before it starts'),
  estimateAt: () => refuse('how it steps depends on each sample'),
  evaluate: () => refuse('it accepts or rejects what it proposes'),
  normals: () => refuse('it draws noise'),
  learnedNormals: () => refuse('it draws noise before it starts'),
  clip: () => refuse('it clips what is no estimate'),
  rows: () => refuse('it keeps to images that are given'),
  uniforms: () => refuse('it draws uniform noise on its way'),
});

interface Thing {
  readonly of: RecordedTerm['of'] | 'start';
  /** The network call that it belongs to, -1 before the first. */
  readonly call: number;
  readonly unit: number;
}

/** A call, while it is not known yet what comes after it. */
type Draft = { -readonly [K in keyof RecordedCall]: RecordedCall[K] };

class Recorder {
  readonly chain: Chain;
  private readonly x: FloatArray;
  private readonly calls: Draft[] = [];
  private before: Recording['before'] | undefined;
  private drawnBefore = false;
  /** The things, by their places. */
  private readonly things: (Thing | undefined)[];
  private made = 0;
  private estimated: FloatArray | undefined;
  private readonly share = new Float32Array();

  constructor(
    card: RecordedCard,
    variance: boolean,
    private readonly places: number,
    private readonly unit: (thing: number) => number,
    private readonly refuse: Refuse,
  ) {
    this.things = new Array<Thing | undefined>(places);
    this.x = this.thing('start');
    const estimate: Chain['estimate'] = async (kind, level) => {
      this.writeStep();
      const [onX, onPrediction] = conversion(card.parametrisation, kind, level);
      this.calls.push({ level: level.level, onX, onPrediction, clip: false, noise: false, next: [] });
      this.x.set(this.thing('x'));
      return (this.estimated = this.thing('estimate'));
    };
    this.chain = {
      ...unrecordable(refuse),
      card: { ...card, shape: [places], classes: null },
      x: this.x,
      estimate,
      ...(variance && {
        estimateWithVariance: async (kind, level) => ({
          estimate: await estimate(kind, level),
          varianceShare: this.share,
        }),
      }),
      normals: () => this.draw(),
      learnedNormals: (share, posterior) => {
        if (share !== this.share) refuse('it takes its variance from elsewhere than the network');
        const noise = this.draw();
        this.calls.at(-1)!.learned = logSigmas(posterior);
        return noise;
      },
      clip: (x0, clip) => {
        if (x0 !== this.estimated) refuse('it clips what is no estimate');
        this.calls.at(-1)!.clip = clip;
        return x0;
      },
    };
  }

  /** What was recorded, when the sampler has come to its end. */
  finish(): Pick<Recording, 'before' | 'calls'> {
    if (this.calls.length === 0) this.refuse('it does not ask the network');
    this.writeStep();
    return { before: this.before!, calls: this.calls };
  }

  /** A new thing, as the array that is made of nothing else. */
  private thing(of: Thing['of']): FloatArray {
    const place = this.made % this.places;
    const thing = { of, call: this.calls.length - 1, unit: this.unit(this.made++) };
    this.things[place] = thing;
    const alone = new Float64Array(this.places);
    alone[place] = thing.unit;
    return alone;
  }

  private draw(): FloatArray {
    const call = this.calls.at(-1);
    if (call ? call.noise : this.drawnBefore)
      this.refuse('it draws noise more than once between two network calls');
    if (call) call.noise = true;
    else this.drawnBefore = true;
    return this.thing('noise');
  }

  /** Writes down what x is made of. */
  private writeStep(): void {
    const terms = [...this.x].flatMap((value, place) => {
      if (value === 0) return [];
      const { of, call, unit } = this.things[place] ?? this.refuse('a step of it is not a finite number');
      return [{ of, call, coefficient: value / unit }];
    });
    if (terms.some(({ coefficient }) => !Number.isFinite(coefficient)))
      this.refuse('a step of it is not a finite number');
    const call = this.calls.at(-1);
    if (!call) {
      const on = (of: Thing['of']) => terms.find((term) => term.of === of)?.coefficient ?? 0;
      this.before = { onX: on('start'), onNoise: on('noise') };
      return;
    }
    const last = this.calls.length - 1;
    call.next = terms.map(({ of, call, coefficient }) => {
      if (of === 'start' || call < 0) this.refuse('it comes back to its start');
      return { coefficient, of: of as RecordedTerm['of'], ago: last - call };
    });
  }
}

type Recorded = Pick<Recording, 'before' | 'calls'>;

/** Whether two recordings are the same but for rounding. */
function alike(a: Recorded, b: Recorded): boolean {
  const key = ({ of, ago }: RecordedTerm) => `${of} ${ago}`;
  const coefficients = (terms: readonly RecordedTerm[]) =>
    new Map(terms.map((term) => [key(term), term.coefficient]));
  const same = (x: ReadonlyMap<string, number>, y: ReadonlyMap<string, number>) => {
    const largest = Math.max(...x.values(), ...[...y.values()].map(Math.abs));
    return [...new Set([...x.keys(), ...y.keys()])].every(
      (name) => Math.abs((x.get(name) ?? 0) - (y.get(name) ?? 0)) <= 1e-9 * largest,
    );
  };
  return (
    same(new Map(Object.entries(a.before)), new Map(Object.entries(b.before))) &&
    a.calls.length === b.calls.length &&
    a.calls.every((call, i) => same(coefficients(call.next), coefficients(b.calls[i]!.next)))
  );
}
