import { execFileSync, spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { findNodeHeaders } from '../tools/compiler.js';
import { buildAddon } from './build-addon.js';
import { TENSORFLOW_CUDA_LIBRARIES } from './pins.js';

const headers = findNodeHeaders();
const possible =
  process.platform === 'linux' && headers !== undefined && spawnSync('g++', ['--version']).status === 0;

describe.skipIf(!possible)(
  'with a compiler and small libraries in the place of the real ones',
  { tags: ['long'] },
  () => {
    let place: string;
    let root: string;
    beforeEach(async () => {
      place = await mkdtemp(join(tmpdir(), 'scorebridge-'));
      root = join(place, 'root');
      const source = join(root, 'node_modules', '@tensorflow', 'tfjs-node-gpu', 'binding');
      await mkdir(source, { recursive: true });
      await mkdir(join(root, 'tensorflow', 'include'), { recursive: true });
      await writeFile(join(root, 'tensorflow', 'include', 'c_api.h'), 'extern "C" int seven();\n');
      await writeFile(
        join(source, 'tfjs_backend.cc'),
        '#include <c_api.h>\nint answer() { return 6 * seven(); }\n',
      );
      await writeFile(
        join(source, 'tfjs_binding.cc'),
        `#include <node_api.h>
       int answer();
       NAPI_MODULE_INIT() { napi_value value; napi_create_int32(env, answer(), &value); return value; }`,
      );
      library('tensorflow/libtensorflow_cc.so.2', 'extern "C" int seven() { return 7; }');
      library('tensorflow/libtensorflow_framework.so.2', '');
      for (const path of TENSORFLOW_CUDA_LIBRARIES) {
        await mkdir(join(root, dirname(path)), { recursive: true });
        library(path, '');
      }
      return () => rm(place, { recursive: true });
    });

    function library(path: string, code: string): void {
      const name = path.split('/').at(-1);
      const args = ['-x', 'c++', '-', '-shared', '-fPIC', `-Wl,-soname,${name}`, '-o', join(root, path)];
      execFileSync('g++', args, { input: code });
    }

    const build = (kind: 'cpu' | 'gpu', compiler = 'g++') =>
      buildAddon({ root, kind, compiler, headers: headers!, scratch: place });

    test.each(['cpu', 'gpu'] as const)(
      'the addon for %s finds its libraries after its folder has moved, and loads in both packages',
      async (kind) => {
        await build(kind);
        const moved = join(place, 'moved');
        await rename(root, moved);
        for (const name of ['tfjs-node-gpu', 'tfjs-node']) {
          const addon = join(
            moved,
            'node_modules',
            '@tensorflow',
            name,
            'lib',
            'napi-v8',
            'tfjs_binding.node',
          );
          expect(createRequire(import.meta.url)(addon)).toBe(42);
        }
        const loaded = await readFile('/proc/self/maps', 'utf8');
        const cuda = TENSORFLOW_CUDA_LIBRARIES.filter((path) => loaded.includes(join(moved, path)));
        expect(cuda).toEqual(kind === 'gpu' ? [...TENSORFLOW_CUDA_LIBRARIES] : []);
      },
    );

    test("the compiler's first error is told", async () => {
      await rm(join(root, 'tensorflow', 'include', 'c_api.h'));
      await expect(build('cpu')).rejects.toThrow(
        /^g\+\+ cannot build the addon of tfjs-node \(.*c_api\.h.*\): a compiler with C\+\+17 is needed/,
      );
    });
  },
);
