import { expect, test } from 'vitest';
import { stopSpinning } from './stop-spinning.js';

test('threads stop with the call, unless they are asked for otherwise, and other options stay', () => {
  expect(stopSpinning()).toEqual({ extra: { session: { force_spinning_stop: '1' } } });
  expect(
    stopSpinning({
      enableMemPattern: false,
      extra: { optimization: { enable_gelu_approximation: '1' }, session: { use_env_allocators: '1' } },
    }),
  ).toEqual({
    enableMemPattern: false,
    extra: {
      optimization: { enable_gelu_approximation: '1' },
      session: { force_spinning_stop: '1', use_env_allocators: '1' },
    },
  });
  const spin = { extra: { session: { force_spinning_stop: '0' } } };
  expect(stopSpinning(spin)).toEqual(spin);
});
