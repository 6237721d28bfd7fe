import { readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/**
 * The table of docs/architecture.md: which of the other rooms and of the large engines a room may import. Any other
 * package it may import if its package.json declares it. `test/` and the root are free.
 */
const rooms = {
  runtime: ['onnxruntime-common', 'onnxruntime-node', 'onnxruntime-web'],
  export: [
    '@scorebridge/runtime',
    '@tensorflow/tfjs-backend-cpu',
    '@tensorflow/tfjs-converter',
    '@tensorflow/tfjs-core',
    '@tensorflow/tfjs-layers',
    'onnxruntime-common',
  ],
  training: [
    '@scorebridge/runtime',
    '@scorebridge/export',
    '@tensorflow/tfjs',
    '@tensorflow/tfjs-core',
    '@tensorflow/tfjs-node',
    '@tensorflow/tfjs-node-gpu',
    'onnxruntime-common',
    'onnxruntime-node',
  ],
  'web-demo': ['@scorebridge/runtime', 'onnxruntime-web'],
  examples: ['@scorebridge/runtime'],
};
const isGoverned = (name) => /^(@scorebridge|@tensorflow)\/|^onnxruntime-/.test(name);

/** The runtime meets Node and the browser only in files named after them: a page must never load what only Node has. */
function refusedPlatform(path, specifier) {
  const needsNode = isBuiltin(specifier) || specifier === 'onnxruntime-node';
  const platform = needsNode ? 'node' : specifier.startsWith('onnxruntime-web') ? 'browser' : undefined;
  if (platform === undefined || new RegExp(`[/-]${platform}[./-]`).test(path)) return undefined;
  return `runtime/ imports ${specifier} only in files named ${platform}.ts: the rest runs in Node and in a page.`;
}

/** What tests and tool configurations may import on top: they do not ship. */
const unshipped = ['@tensorflow/tfjs', 'onnxruntime-node', 'vite', 'vitest'];
const ships = (path) => !/\.(test|config)\.[jt]s$|\/testing\//.test(path);

function declared(room) {
  const { dependencies, peerDependencies } = JSON.parse(
    readFileSync(resolve(root, room, 'package.json'), 'utf8'),
  );
  return Object.keys({ ...dependencies, ...peerDependencies });
}

/** Whether a package of ours names this path among its exports. */
function isExported(name, specifier) {
  if (specifier === name) return true;
  const room = name.slice('@scorebridge/'.length);
  const { exports } = JSON.parse(readFileSync(resolve(root, room, 'package.json'), 'utf8'));
  return `.${specifier.slice(name.length)}` in exports;
}

/** Why the file at `path` (relative to the root, with slashes) may not import `specifier`; undefined if it may. */
function refusal(path, specifier) {
  const room = path.split('/')[0];
  const allowed = rooms[room];
  if (allowed === undefined) return undefined;
  if (room === 'runtime' && ships(path)) {
    const message = refusedPlatform(path, specifier);
    if (message !== undefined) return message;
  }
  if (isBuiltin(specifier)) return undefined;
  if (specifier.startsWith('.')) {
    const target = relative(root, resolve(root, dirname(path), specifier)).split(sep);
    if (target[0] === room) return undefined;
    return `${room}/ must not reach into ${target.join('/')}: import the other package by its name.`;
  }
  const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
  if (!ships(path) && unshipped.includes(name)) return undefined;
  if (isGoverned(name) && !allowed.includes(name))
    return `${room}/ must not import ${name}: of its kind docs/architecture.md allows ${allowed.join(', ')}.`;
  if (name.startsWith('@scorebridge/') && !isExported(name, specifier))
    return `${room}/ must import ${name} as a whole, not ${specifier}: only what a package exports is its contract.`;
  if (!isGoverned(name) && !declared(room).includes(name))
    return `${room}/ must not import ${name}, which ${room}/package.json does not declare.`;
  return undefined;
}

/** ESLint plugin with one rule, `rooms/imports`, which holds every kind of import against the table. */
export const roomsPlugin = {
  meta: { name: 'rooms' },
  rules: {
    imports: {
      meta: { type: 'problem', docs: { description: 'Imports follow docs/architecture.md.' }, schema: [] },
      create(context) {
        const path = relative(root, context.filename).split(sep).join('/');
        const check = ({ source }) => {
          if (typeof source?.value !== 'string') return;
          const message = refusal(path, source.value);
          if (message !== undefined) context.report({ node: source, message });
        };
        return {
          ImportDeclaration: check,
          ExportNamedDeclaration: check,
          ExportAllDeclaration: check,
          ImportExpression: check,
          TSImportType: check,
        };
      },
    },
  },
};
