import type { SampleStep } from '@scorebridge/runtime';
import { cardEntries } from './card-entries.js';
import { addressOf, type CatalogueEntry, loadCatalogue } from './catalogue.js';
import { preset, readSettings, type Settings, writeAddress } from './controls.js';
import { columnsFor, drawGrid } from './grid.js';
import { imageFormat } from './image-format.js';
import { type Loaded, ModelWorker } from './model-worker.js';
import type { SampleRequest } from './protocol.js';
import { samplersFor } from './samplers.js';

/** Stands in `data-state` of the main element, for styles and tests. */
type State = 'loading' | 'ready' | 'sampling' | 'done' | 'cancelled' | 'error';

declare global {
  interface Window {
    /** What the page holds, for scripts and tests. `samples` is [count, ...shape], flat, in the model's own values. */
    scorebridge: { loaded?: Loaded; settings?: Settings; samples?: Float32Array };
  }
}

const element = <T extends HTMLElement>(id: string) => document.getElementById(id) as T;
const main = document.querySelector('main')!;
const form = element<HTMLFormElement>('controls');
const model = element<HTMLSelectElement>('model');
const provider = element<HTMLSelectElement>('provider');
const sampler = element<HTMLSelectElement>('sampler');
const steps = element<HTMLInputElement>('steps');
const seed = element<HTMLInputElement>('seed');
const start = element<HTMLButtonElement>('start');
const cancel = element<HTMLButtonElement>('cancel');
const canvas = element<HTMLCanvasElement>('samples');
const progress = element<HTMLProgressElement>('progress');
const status = element('status');
const figures = element('figures');
const download = element<HTMLButtonElement>('download');
const replay = element<HTMLInputElement>('replay');

const providerTitles = { webgpu: 'WebGPU', wasm: 'WebAssembly', cpu: 'CPU', cuda: 'CUDA' };

let catalogue: CatalogueEntry[] = [];
let worker: ModelWorker | undefined;
let frames: SampleStep[] = [];

function setState(state: State, text: string): void {
  main.dataset.state = state;
  status.textContent = text;
  if (state !== 'sampling' && state !== 'done') figures.textContent = '';
  start.disabled = state === 'loading' || catalogue.length === 0;
  start.hidden = state === 'sampling';
  cancel.hidden = state !== 'sampling';
  download.disabled = state === 'sampling' || frames.length === 0;
  element('replay-field').hidden = state === 'sampling' || frames.length < 2;
}

function fail(error: unknown): void {
  setState('error', error instanceof Error ? error.message : String(error));
}

/** Loads the chosen model on the chosen provider and fits the controls to it. False if that failed or was overtaken. */
async function load(): Promise<boolean> {
  const entry = catalogue.find(({ id }) => id === model.value)!;
  worker?.close();
  const mine = (worker = new ModelWorker());
  window.scorebridge = {};
  showFrames([]);
  element('model-note').textContent = entry.note;
  element('provider-reason').textContent = '';
  setState('loading', `Loading ${entry.title}…`);
  try {
    const loaded = await mine.load(addressOf(entry), provider.value as Settings['provider'], showProgress);
    if (loaded === undefined) return false;
    window.scorebridge = { loaded };
    element('provider-reason').textContent =
      `${providerTitles[loaded.provider.name]}: ${loaded.provider.reason}.`;
    element('card').replaceChildren(...cardEntries(loaded.card));
    fitControls(entry, loaded);
    showProgress(0);
    setState('ready', 'Ready.');
    return true;
  } catch (error) {
    mine.close();
    fail(error);
    return false;
  }
}

/** Offers what the model's process and labels allow. Another provider for the same model leaves the controls alone. */
function fitControls(entry: CatalogueEntry, { card }: Loaded): void {
  if (sampler.dataset.model === entry.id) return;
  sampler.dataset.model = entry.id;
  const samplers = samplersFor(card);
  sampler.replaceChildren(...samplers.map(({ id, title }) => new Option(title, id)));
  fitSteps();
  const canDoWithout = card.classes !== null && card.classes.unconditional !== null;
  element('digit-field').hidden = card.classes === null;
  element<HTMLInputElement>('any').disabled = card.classes !== null && !canDoWithout;
  element('guidance-field').hidden = !canDoWithout;
  element<HTMLInputElement>('guidance').value = String(canDoWithout ? (entry.guidance ?? 0) : 0);
}

/** Gives the number of steps the meaning, the bounds and the default of the chosen sampler. */
function fitSteps(): void {
  const entry = catalogue.find(({ id }) => id === model.value)!;
  const choice = samplersFor(window.scorebridge.loaded!.card).find(({ id }) => id === sampler.value)!;
  element('steps-label').textContent = choice.stepsLabel;
  steps.max = String(choice.maxSteps);
  steps.value = String(choice.steps ?? entry.steps);
}

async function run(): Promise<void> {
  // What failed, or did not stop in time, starts over.
  if ((window.scorebridge.loaded === undefined || worker!.closed) && !(await load())) return;
  let settings: Settings;
  try {
    settings = readSettings(form);
  } catch (error) {
    return fail(error);
  }
  writeAddress(settings);
  const { loaded } = window.scorebridge;
  window.scorebridge = { loaded, settings };
  showFrames([]);
  setState('sampling', 'Sampling…');
  const started = performance.now();
  const mine = worker!;
  try {
    const finished = await mine.sample(requestOf(settings, loaded!), (frame) => {
      showFrames([...frames, frame]);
      showProgress(frame.step / frame.steps);
      showFigures(frame.step, frame.steps, performance.now() - started);
    });
    if (mine !== worker) return; // another model was chosen meanwhile
    if (finished === undefined) return setState('cancelled', 'Cancelled.');
    window.scorebridge.samples = finished.samples;
    showFigures(finished.steps, finished.steps, finished.milliseconds);
    canvas.ariaLabel = `${settings.count} samples, seed ${settings.seed}`;
    setState('done', 'Done.');
  } catch (error) {
    mine.close();
    fail(error);
  }
}

function requestOf(settings: Settings, { card: { classes } }: Loaded): SampleRequest {
  const { sampler, steps, count, seed, digit, guidance } = settings;
  const request = { sampler, steps, count, seed };
  if (classes === null || digit === 'any') return request;
  const label = Array.from({ length: count }, (_, i) => (digit === 'all' ? i % classes.count : digit));
  return { ...request, label, guidance };
}

/** Keeps the frames for the replay and draws the last one; without any the canvas is hidden. */
function showFrames(all: SampleStep[]): void {
  frames = all;
  element('empty').hidden = frames.length > 0;
  canvas.hidden = frames.length === 0;
  replay.max = String(frames.length - 1);
  showFrame(frames.length - 1);
}

function showFrame(index: number): void {
  const frame = frames[index];
  if (frame === undefined) return;
  const { loaded, settings } = window.scorebridge;
  const { card } = loaded!;
  const { count, digit } = settings!;
  replay.value = String(index);
  const inTens = card.classes !== null && digit === 'all';
  drawGrid(canvas, frame.x, count, columnsFor(count, inTens), imageFormat(card));
}

/** Shows the kept frames one after the other; a new run or the slider takes over. */
function play(): void {
  const shown = frames;
  let next = 0;
  const timer = setInterval(() => {
    if (frames !== shown || next === shown.length || Number(replay.value) !== Math.max(0, next - 1))
      clearInterval(timer);
    else showFrame(next++);
  }, 3000 / shown.length);
  showFrame(next);
}

function showProgress(fraction: number): void {
  progress.value = fraction;
}

function showFigures(done: number, total: number, milliseconds: number): void {
  const each = Number((milliseconds / done).toPrecision(3));
  figures.textContent = `Step ${done} of ${total}, ${each} ms each, ${(milliseconds / 1000).toFixed(1)} s.`;
}

function save(): void {
  canvas.toBlob((blob) => {
    const link = document.createElement('a');
    link.href = URL.createObjectURL(blob!);
    link.download = `${model.value}-seed-${window.scorebridge.settings!.seed}.png`;
    link.click();
    URL.revokeObjectURL(link.href);
  });
}

function applyAddress(names: readonly string[], address: URLSearchParams): void {
  for (const name of names) {
    const value = address.get(name);
    if (value !== null) preset(form, name, value);
  }
}

async function open(): Promise<void> {
  const address = new URLSearchParams(location.search);
  try {
    catalogue = await loadCatalogue();
    model.replaceChildren(...catalogue.map(({ id, title }) => new Option(title, id)));
    applyAddress(['model', 'provider'], address);
    if (!(await load())) return;
    applyAddress(['digit', 'count', 'seed', 'sampler', 'guidance'], address);
    if (address.has('sampler')) fitSteps();
    applyAddress(['steps'], address);
  } catch (error) {
    fail(error);
  }
}

form.addEventListener('submit', (event) => {
  event.preventDefault();
  void run();
});
model.addEventListener('change', () => void load());
sampler.addEventListener('change', fitSteps);
provider.addEventListener('change', () => void load());
cancel.addEventListener('click', () => worker?.cancel());
download.addEventListener('click', save);
replay.addEventListener('input', () => showFrame(Number(replay.value)));
element('play').addEventListener('click', play);
element('reseed').addEventListener('click', () => {
  seed.value = String(crypto.getRandomValues(new Uint32Array(1))[0]);
});

window.scorebridge = {};
void open();
