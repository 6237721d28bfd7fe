import type { ProviderName } from '@scorebridge/runtime';

/** What the form asks for. */
export interface Settings {
  readonly model: string;
  /** One digit, every digit in turn, or whatever comes. */
  readonly digit: number | 'all' | 'any';
  readonly count: number;
  readonly seed: number;
  readonly sampler: string;
  readonly steps: number;
  readonly guidance: number;
  readonly provider: ProviderName | 'auto';
}

type Control = HTMLInputElement | HTMLSelectElement;

const named = (form: HTMLFormElement) =>
  [...form.elements].filter((e): e is Control => 'name' in e && e.name !== '');

/** Presets the control `name`; for a group of radio buttons the one with that value. Throws if it has no such value. */
export function preset(form: HTMLFormElement, name: string, value: string): void {
  const control = form.elements.namedItem(name);
  if (control === null) return;
  const settable = control as Control | RadioNodeList;
  const before = settable.value;
  settable.value = value;
  if (settable.value === value) return;
  settable.value = before;
  throw new Error(`The address asks for ${name}=${value}; expected ${choices(control)}.`);
}

function choices(control: Element | RadioNodeList): string {
  if (control instanceof HTMLInputElement) return 'a number';
  const items = control instanceof HTMLSelectElement ? control.options : (control as RadioNodeList);
  return `one of ${Array.from(items as ArrayLike<{ value: string }>, ({ value }) => value).join(', ')}`;
}

/** Reads the form. Throws a sentence that names the first control whose value is not allowed. */
export function readSettings(form: HTMLFormElement): Settings {
  for (const control of named(form)) {
    if (control.willValidate && !(control.checkValidity() && control.value !== ''))
      throw new Error(complaint(control));
  }
  const data = new FormData(form);
  const text = (name: string) => (data.get(name) ?? '') as string;
  const digit = text('digit');
  return {
    model: text('model'),
    digit: digit === 'all' ? 'all' : digit === 'any' || digit === '' ? 'any' : Number(digit),
    count: Number(text('count')),
    seed: Number(text('seed')),
    sampler: text('sampler'),
    steps: Number(text('steps')),
    guidance: Number(text('guidance')),
    provider: text('provider') as Settings['provider'],
  };
}

function complaint(control: Control): string {
  const label = control.labels?.[0]?.textContent ?? control.name;
  if (!(control instanceof HTMLInputElement)) return `${label}: choose one.`;
  const { min, max, step, value } = control;
  const kind = step === '1' ? 'a whole number' : 'a number';
  const bounds = max === '' ? `of at least ${min}` : `from ${min} to ${max}`;
  return `${label} is ${value === '' ? 'not a number' : value}: choose ${kind} ${bounds}.`;
}

/** Writes the settings to the page's address, so that it can be kept as a link. */
export function writeAddress(settings: Settings): void {
  const address = new URL(location.href);
  for (const [name, value] of Object.entries(settings)) address.searchParams.set(name, String(value));
  history.replaceState(null, '', address);
}
