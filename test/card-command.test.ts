import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DIFFUSERS_GRAPH, loadModel, readCard, readMetadata, sample, ddim } from '@scorebridge/runtime';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { scorebridge } from './support/command.js';
import { segmentsModel } from './support/tiny-models.js';

const unet = fileURLToPath(new URL('fixtures/unet/', import.meta.url));
const SETTINGS = [
  'process.kind=vp',
  'process.schedule.name=scaled-linear',
  'parametrisation=eps',
  'graph=diffusers',
];
const INPUTS = [
  { name: 'sample', type: 'float32', shape: ['batch', 3, 8, 8] },
  { name: 'timestep', type: 'int64', shape: ['batch'] },
];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'scorebridge-card-'));
  await cp(unet, folder, { recursive: true });
  const bytes = await readFile(join(folder, 'unet.onnx'));
  await writeFile(join(folder, 'cut.onnx'), bytes.subarray(0, bytes.length / 2));
  await writeFile(join(folder, 'text.onnx'), 'not a model at all');
  await writeFile(join(folder, 'empty.onnx'), '');
  await writeFile(join(folder, 'ours.onnx'), segmentsModel());
  await mkdir(join(folder, 'folder.onnx'));
});
afterAll(() => rm(folder, { recursive: true }));

/** The result of a command that succeeds. */
async function run(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await scorebridge(folder, args);
  expect(code, stderr).toBe(0);
  return stdout;
}

test('a file without a card: its inputs and outputs, and how to give it one', async () => {
  expect(await run('card', 'unet.onnx'))
    .toBe(`unet.onnx has no card: give it one, as in --set process.kind=vp process.schedule.name=linear parametrisation=eps graph=diffusers
inputs
  sample    float32 [batch, 3, 8, 8]
  timestep  int64 [batch]
outputs
  out_sample  float32 [batch, 3, 8, 8]
`);
  expect(JSON.parse(await run('card', 'unet.onnx', '--json'))).toMatchObject({ card: null, inputs: INPUTS });
});

test("a file of Scorebridge's: its card, as settings", async () => {
  const printed = await run('card', 'ours.onnx');
  expect(printed).toContain('ours.onnx has the card\n');
  expect(printed).toContain('\n  process.schedule.name=cosine\n');
  expect(JSON.parse(await run('card', 'ours.onnx', '--json'))).toMatchObject({
    card: readCard(segmentsModel()),
  });
});

test.each(['unet.onnx', 'unet-batch-2.onnx', 'unet-fp16.onnx'])(
  'a card is all that %s needs to be sampled by the command, as by loadModel',
  async (file) => {
    const before = await readFile(join(folder, file));
    const out = `with/${file}`;
    await run('card', file, '--set', ...SETTINGS, '--out', out);
    const after = await readFile(join(folder, out));
    expect(await readFile(join(folder, file))).toEqual(before);
    // The file as it was, and one more entry of its metadata.
    expect(after.subarray(0, before.length)).toEqual(before);
    expect(Object.keys(readMetadata(after))).toEqual(['scorebridge.card']);
    const card = readCard(after);
    expect(card).toMatchObject({
      name: file.replace('.onnx', ''),
      shape: [3, 8, 8],
      layout: 'channels-first',
      process: {
        kind: 'vp',
        schedule: { name: 'scaled-linear', betaStart: 8.5e-4, betaEnd: 1.2e-2, T: 1000 },
      },
      graph: DIFFUSERS_GRAPH,
    });

    const npy = `${file}.npy`;
    const options = ['--sampler', 'ddim', '--steps', '5', '--count', '3', '--seed', '4', '--provider', 'cpu'];
    await run('sample', out, ...options, '--npy', npy, '--out', `${file}.png`);
    const written = await readFile(join(folder, npy));
    expect(written.toString('latin1', 0, 128)).toContain("'shape': (3, 3, 8, 8)");
    const model = await loadModel(before, { card, provider: 'cpu' });
    const { samples } = await sample(model, { sampler: ddim(), steps: 5, count: 3, seed: 4 }).result;
    await model.release();
    expect(new Float32Array(written.buffer.slice(written.byteOffset + 128))).toEqual(samples);
  },
);

test('a card is written into the file itself, through a link, and changed there', async () => {
  const before = await readFile(join(folder, 'unet.onnx'));
  await writeFile(join(folder, 'own.onnx'), before, { mode: 0o640 });
  await symlink('own.onnx', join(folder, 'link.onnx'));
  await run('card', 'link.onnx', '--set', ...SETTINGS);
  const first = await readFile(join(folder, 'own.onnx'));
  await run('card', 'own.onnx', '--set', 'process.schedule.T=100', '--set', 'figures.fid=3.5');
  const second = await readFile(join(folder, 'own.onnx'));
  expect(readCard(second)).toEqual({
    ...readCard(first),
    // Other fields of the schedule stay.
    process: {
      kind: 'vp',
      schedule: { name: 'scaled-linear', betaStart: 8.5e-4, betaEnd: 1.2e-2, T: 100 },
    },
    figures: { fid: 3.5 },
  });
  expect(second.subarray(0, before.length)).toEqual(before);
  expect((second.toString('latin1').match(/scorebridge\.card/g) ?? []).length).toBe(1);
  expect((await stat(join(folder, 'own.onnx'))).mode & 0o777).toBe(0o640);
});

test('another schedule has numbers of its own, of which it is told', async () => {
  const set = async (...settings: string[]) => {
    const args = ['card', 'schedule.onnx', '--set', ...settings, '--out', 'other.onnx'];
    const { code, stderr } = await scorebridge(folder, args);
    expect(code, stderr).toBe(0);
    return { said: stderr, ...readCard(await readFile(join(folder, 'other.onnx'))).process };
  };
  await run('card', 'unet.onnx', '--set', ...SETTINGS, 'process.schedule.T=500', '--out', 'schedule.onnx');
  expect(await set('process.schedule.name=linear')).toEqual({
    kind: 'vp',
    schedule: { name: 'linear', betaStart: 1e-4, betaEnd: 2e-2, T: 500 },
    said: 'The schedule was scaled-linear, whose numbers are not those of linear: it is {"name":"linear","betaStart":0.0001,"betaEnd":0.02,"T":500} now; set what is otherwise.\n',
  });
  const { schedule } = await set('process.schedule.name=linear', 'process.schedule.betaEnd=0.01');
  expect(schedule).toEqual({ name: 'linear', betaStart: 1e-4, betaEnd: 1e-2, T: 500 });
  expect((await set('process.schedule.name=cosine')).schedule).toEqual({ name: 'cosine', s: 0.008, T: 500 });
  // The same name is no other schedule.
  expect(await set('process.schedule.name=scaled-linear')).toEqual({
    ...{ kind: 'vp', said: '' },
    schedule: { name: 'scaled-linear', betaStart: 8.5e-4, betaEnd: 1.2e-2, T: 500 },
  });
});

test('metadata of others and what stands behind it are kept', async () => {
  const entry = (key: string, value: string) => {
    const inner = Buffer.concat([
      Buffer.from([10, key.length]),
      Buffer.from(key),
      Buffer.from([18, value.length]),
      Buffer.from(value),
    ]);
    return Buffer.concat([Buffer.from([(14 << 3) | 2, inner.length]), inner]);
  };
  const before = await readFile(join(folder, 'unet.onnx'));
  const parts = [entry('first', '1'), entry('scorebridge.card', 'not JSON'), entry('last', '2'), before];
  await writeFile(join(folder, 'others.onnx'), Buffer.concat(parts));
  await run('card', 'others.onnx', '--set', ...SETTINGS);
  const after = await readFile(join(folder, 'others.onnx'));
  const kept = Buffer.concat([parts[0]!, parts[2]!, before]);
  expect(after.subarray(0, kept.length)).toEqual(kept);
  expect(Object.keys(readMetadata(after))).toEqual(['first', 'last', 'scorebridge.card']);
});

describe('refused in one sentence, and nothing written', () => {
  const set = (...settings: string[]) => ['--set', ...SETTINGS, ...settings];
  test.each<[what: string, args: string[], sentence: string]>([
    ['no such file', ['missing.onnx'], 'Cannot read the model missing.onnx (ENOENT)'],
    ['a folder', ['folder.onnx'], 'Cannot read the model folder.onnx (EISDIR)'],
    [
      'half a file',
      ['cut.onnx', ...set()],
      'Cannot use cut.onnx: The file is not an ONNX model or is cut off',
    ],
    ['a text file', ['text.onnx', ...set()], 'Cannot use text.onnx: The file is not an ONNX model'],
    ['an empty file', ['empty.onnx'], 'Cannot use empty.onnx: The file is not an ONNX model'],
    [
      'a misspelt field',
      ['unet.onnx', ...set('parametrization=eps')],
      "no 'parametrization'; did you mean 'parametrisation'?",
    ],
    [
      'a wrong value',
      ['unet.onnx', ...set('parametrisation=epsilon')],
      "unet.onnx: The model card is not valid at 'parametrisation'",
    ],
    [
      'no process',
      ['unet.onnx', '--set', 'parametrisation=eps', 'graph=diffusers'],
      "unet.onnx: The model card is not valid at 'process'",
    ],
    [
      'an input that is not there',
      ['unet.onnx', ...set('graph.level=t')],
      "graph.level is 't', and the model has no such input",
    ],
    [
      'a name of no graph',
      ['unet.onnx', '--set', ...SETTINGS.slice(0, -1)],
      "The model has no input 'x': its inputs are sample, timestep",
    ],
    ['another shape', ['unet.onnx', ...set('shape=[1,8,8]')], 'its card says [batch, 1, 8, 8]'],
    ['no setting', ['unet.onnx', '--set', 'eps'], 'Expected option=value'],
    [
      'a field of what is no group',
      ['unet.onnx', ...set('parametrisation.kind=eps')],
      "'parametrisation' is given as a whole already",
    ],
    ['a file to write and nothing to write', ['unet.onnx', '--out', 'x.onnx'], 'say what it is with --set'],
    ['a folder to write', ['unet.onnx', ...set(), '--out', 'folder.onnx'], 'it is a folder'],
    ['a file in place of a folder', ['unet.onnx', ...set(), '--out', 'text.onnx/x.onnx'], 'is a file'],
  ])('%s', async (_, args, sentence) => {
    const state = async () => {
      const names = (await readdir(folder)).sort();
      const hash = createHash('sha256');
      for (const name of names.filter((name) => /^(unet|cut|text)/.test(name) && name.endsWith('.onnx')))
        hash.update(await readFile(join(folder, name)));
      return [names, hash.digest('hex')];
    };
    const before = await state();
    const { code, stdout, stderr } = await scorebridge(folder, ['card', ...args]);
    expect(stderr).toContain(sentence);
    expect(stderr).toMatch(/^scorebridge: [^\n]+\n$/);
    expect([code, stdout]).toEqual([1, '']);
    expect(await state()).toEqual(before);
  });
});
