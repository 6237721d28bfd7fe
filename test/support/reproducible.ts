/**
 * Samples that every provider has to reproduce, and how they are told apart from others. Nothing here is Node's own: a page
 * can import it, with `reproducible.json`, which `npm run reproducible` writes.
 */
import {
  annealedLangevin,
  ddim,
  ddpm,
  dpmSolverMultistep,
  eulerAncestral,
  heun,
  langevinCorrector,
  predictorCorrector,
  probabilityFlow,
  type SampleOptions,
  uniPc,
} from '@scorebridge/runtime';

/** The samples are rounded to multiples of this. */
export const GRID = 1e-3;

export interface ReproducibleCase {
  readonly name: string;
  /** A file of web-demo/public/models. */
  readonly model: string;
  readonly options: SampleOptions;
}

const labelled = { count: 5, seed: 20, label: [0, 2, 4, 6, 8] } as const;
const ncsn = { count: 5, seed: 21, label: [1, 3, 5, 7, 9] } as const;

/** Each shipped model by several samplers, of few network calls each, so that an emulated GPU comes to an end too. */
export const reproducibleCases: readonly ReproducibleCase[] = [
  { name: 'ddpm', options: { ...labelled, sampler: ddpm(), steps: 10 } },
  { name: 'ddpm, guided', options: { ...labelled, sampler: ddpm(), steps: 10, guidance: 1 } },
  { name: 'ddim', options: { ...labelled, sampler: ddim(), steps: 10 } },
  { name: 'heun', options: { ...labelled, sampler: heun(), steps: 6 } },
  { name: 'DPM-Solver++', options: { ...labelled, sampler: dpmSolverMultistep(), steps: 10 } },
  { name: 'UniPC', options: { ...labelled, sampler: uniPc(), steps: 8 } },
  { name: 'Euler ancestral', options: { ...labelled, sampler: eulerAncestral(), steps: 10 } },
  {
    name: 'probability flow',
    options: { ...labelled, count: 2, label: [3, 7], sampler: probabilityFlow({ rtol: 1e-4, atol: 1e-4 }) },
  },
]
  .map((entry): ReproducibleCase => ({ model: 'mnist-labelled.onnx', ...entry }))
  .concat(
    [
      { name: 'annealed Langevin', options: { ...ncsn, sampler: annealedLangevin({ T: 3 }) } },
      { name: 'ddim', options: { ...ncsn, sampler: ddim(), steps: 10, guidance: 0.5 } },
      {
        name: 'predictor-corrector',
        options: {
          ...ncsn,
          sampler: predictorCorrector({ corrector: langevinCorrector(), clip: true }),
          steps: 10,
        },
      },
    ].map((entry): ReproducibleCase => ({ model: 'mnist-ncsn.onnx', ...entry })),
  );

/** What a table holds of the samples of a case. */
export interface Fingerprint {
  /** For each sample the SHA-256 of its numbers rounded to the grid, in hexadecimal. */
  readonly hashes: readonly string[];
  /** The last bit of each rounded number, one bit a number, in base 64. */
  readonly parities: string;
}

/**
 * The fingerprint of samples, [count, ...shape]. Rounding alone would not do: of some thousand numbers a few lie so near to
 * the middle between two multiples of the grid that the last bits of a provider decide where they go. With the parities of
 * the reference each number is rounded to the nearest multiple of that parity. Of a number less than half a grid away from
 * the reference that is always the reference's own, and of one more than one and a half away never.
 *
 * @param parities those of the reference; without them they are the samples' own
 */
export async function fingerprint(
  samples: Float32Array,
  count: number,
  parities?: string,
): Promise<Fingerprint> {
  const rounded = Int32Array.from(samples, (value) => Math.round(value / GRID));
  if (parities !== undefined) {
    const bits = unpack(parities);
    samples.forEach((value, i) => {
      const parity = (bits[i >> 3]! >> (i & 7)) & 1;
      rounded[i] = 2 * Math.round((value / GRID - parity) / 2) + parity;
    });
  }
  const size = rounded.length / count;
  const hashes = await Promise.all(
    Array.from({ length: count }, (_, i) => sha256(rounded.slice(i * size, (i + 1) * size))),
  );
  return { hashes, parities: parities ?? pack(rounded) };
}

/** Which samples are not those of the reference, by their index. */
export async function differingSamples(samples: Float32Array, reference: Fingerprint): Promise<number[]> {
  const { hashes } = await fingerprint(samples, reference.hashes.length, reference.parities);
  return hashes.flatMap((hash, i) => (hash === reference.hashes[i] ? [] : [i]));
}

async function sha256(numbers: Int32Array<ArrayBuffer>): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', numbers);
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function pack(numbers: Int32Array): string {
  const bytes = new Uint8Array(Math.ceil(numbers.length / 8));
  numbers.forEach((number, i) => (bytes[i >> 3]! |= (number & 1) << (i & 7)));
  return btoa(String.fromCharCode(...bytes));
}

const unpack = (text: string): Uint8Array => Uint8Array.from(atob(text), (char) => char.charCodeAt(0));

/** A case's key in the table. */
export const caseName = ({ model, name }: ReproducibleCase): string => `${model}: ${name}`;
