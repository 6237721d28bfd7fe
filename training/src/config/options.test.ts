import { expect, test } from 'vitest';
import { configOptions } from './options.js';
import { parseConfig } from './parse-config.js';

const options = configOptions();

test('every option states a default and says in one sentence what it does', () => {
  for (const { path, default: value, description } of options) {
    expect(value, path).toBeDefined();
    expect(description, path).toMatch(/^[^.].*\.$/);
  }
  expect(new Set(options.map(({ path }) => path)).size).toBe(options.length);
});

test('the defaults stated are those that are filled in', () => {
  const configs = [{}, { process: { kind: 've' }, objective: 'dsm' }, { task: 'classifier' }];
  configs.push({ process: { kind: 'vp', schedule: { name: 'linear' } } } as never);
  configs.push({ lossWeight: { name: 'min-snr' } } as never, { lossWeight: { name: 'p2' } } as never);
  configs.push({ lossWeight: { name: 'bound' } } as never, { variance: { name: 'learned' } } as never);
  configs.push({ process: { kind: 've' }, objective: 'dsm', network: { kind: 'energy' } } as never);
  configs.push({
    process: { kind: 've' },
    objective: 'dsm',
    lossWeight: { name: 'sigma-power' },
  } as never);
  const filledIn = configs.map((config) => parseConfig(config, 'x'));
  const at = (config: unknown, path: string) =>
    path
      .split('.')
      .reduce<unknown>((group, key) => (group as Record<string, unknown> | undefined)?.[key], config);
  for (const { path, default: value } of options)
    expect(
      filledIn.map((config) => at(config, path)),
      path,
    ).toContainEqual(value);
});
