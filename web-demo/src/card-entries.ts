import type { ModelCard, Process } from '@scorebridge/runtime';

/** The model card as the entries of a description list. Text only: a card comes out of a file. */
export function cardEntries(card: ModelCard): HTMLElement[] {
  const facts: [term: string, description: string][] = [
    ['Name', card.name],
    ['Data', `${card.dataset.name} (${card.dataset.licence})`],
    ['Sample', `${card.shape.join(' x ')}, ${card.layout}, values ${card.valueRange.join(' to ')}`],
    ['Noise process', describe(card.process)],
    ['Predicts', predictions[card.parametrisation]],
    ['Labels', card.classes === null ? 'none' : String(card.classes.count)],
    ['Trained for', `${card.step} steps on engine ${card.engine}, seed ${card.seed}`],
    ['Moving average', card.ema === null ? 'none' : `decay ${card.ema}`],
    ['Written by', `Scorebridge ${card.scorebridge}`],
    ...Object.entries(card.figures).map(([name, value]): [string, string] => [inWords(name), short(value)]),
  ];
  return [
    ...facts.map(([term, text]) => entry(term, text)),
    entry('Trained by the command', card.command, 'wide'),
  ];
}

/** `frechetFloor` as `frechet floor`. */
const inWords = (name: string) => name.replace(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

const short = (value: number | string) =>
  typeof value === 'string' || Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(4)));

const predictions: Record<ModelCard['parametrisation'], string> = {
  eps: 'the noise (eps)',
  x0: 'the clean sample (x0)',
  v: 'the velocity (v)',
  mu: 'the mean of the previous step (mu)',
  score: 'the score',
  denoiser: 'the denoised sample',
};

function describe({ kind, schedule }: Process): string {
  const name = kind === 'vp' ? 'variance preserving' : 'variance exploding';
  switch (schedule.name) {
    case 'linear':
    case 'scaled-linear':
      return `${name}, ${schedule.name} beta ${schedule.betaStart} to ${schedule.betaEnd}, T ${schedule.T}`;
    case 'cosine':
      return `${name}, cosine with s ${schedule.s}, T ${schedule.T}`;
    case 'geometric':
      return `${name}, sigma ${schedule.sigmaMax} to ${schedule.sigmaMin} in ${schedule.L} levels`;
  }
}

function entry(term: string, text: string, className = ''): HTMLElement {
  const group = document.createElement('div');
  group.className = className;
  group.append(Object.assign(document.createElement('dt'), { textContent: term }));
  group.append(Object.assign(document.createElement('dd'), { textContent: text }));
  return group;
}
