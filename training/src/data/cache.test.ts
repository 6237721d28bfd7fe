import { join } from 'node:path';
import { expect, test } from 'vitest';
import { cacheFolder } from './cache.js';

const home = join('/', 'home', 'ada');

test.each<[platform: NodeJS.Platform, env: Record<string, string>, folder: string]>([
  ['linux', {}, join(home, '.cache', 'scorebridge')],
  ['linux', { XDG_CACHE_HOME: '/c', LOCALAPPDATA: '/w' }, join('/c', 'scorebridge')],
  ['darwin', { XDG_CACHE_HOME: '/c' }, join(home, 'Library', 'Caches', 'scorebridge')],
  ['win32', { LOCALAPPDATA: '/w' }, join('/w', 'scorebridge')],
  ['win32', {}, join(home, 'AppData', 'Local', 'scorebridge')],
  ['win32', { LOCALAPPDATA: '/w', SCOREBRIDGE_CACHE: '/mine' }, '/mine'],
])('%s %j', (platform, env, folder) => {
  expect(cacheFolder(env, platform, home)).toBe(folder);
});
