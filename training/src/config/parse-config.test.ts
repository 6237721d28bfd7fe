import { expect, test } from 'vitest';
import { parseConfig } from './parse-config.js';

test('an empty config is the defaults; a filled-in one is itself', () => {
  const config = parseConfig({}, 'x');
  expect(config).toMatchObject({
    task: 'score-model',
    objective: 'v',
    process: { kind: 'vp', schedule: { name: 'cosine', T: 1000, s: 0.008 } },
    network: { base: 32, multipliers: [1, 2], attention: [7] },
    valueRange: [-1, 1],
    engine: 'auto',
  });
  expect(parseConfig(JSON.parse(JSON.stringify(config)), 'x')).toEqual(config);
});

test('each kind of process and task has its own options', () => {
  expect(parseConfig({ process: { kind: 've' }, objective: 'dsm' }, 'x')).toMatchObject({
    process: { kind: 've', schedule: { name: 'geometric', sigmaMax: 1, sigmaMin: 0.01, L: 10 } },
  });
  expect(parseConfig({ process: { schedule: { name: 'linear' } } }, 'x')).toMatchObject({
    process: { kind: 'vp', schedule: { name: 'linear', T: 1000, betaStart: 1e-4, betaEnd: 2e-2 } },
  });
  expect(parseConfig({ process: { kind: 've' }, objective: 'score' }, 'x')).toMatchObject({
    objective: 'dsm',
  });
  expect(parseConfig({ lossWeight: { name: 'min-snr' } }, 'x')).toMatchObject({ lossWeight: { gamma: 5 } });
  expect(parseConfig({ lossWeight: { name: 'p2' } }, 'x')).toMatchObject({ lossWeight: { k: 1, gamma: 1 } });
  expect(parseConfig({ task: 'classifier' }, 'x')).toMatchObject({ shift: 2, batch: 128 });
});

test.each<[config: unknown, sentence: string]>([
  [{ stpes: 3 }, "Config x has an unknown option 'stpes'; did you mean 'steps'?"],
  [{ network: { bse: 3 } }, "unknown option 'network.bse'; did you mean 'network.base'?"],
  [{ base: 3 }, "unknown option 'base'; did you mean 'network.base'?"],
  [{ networks: {} }, "unknown option 'networks'; did you mean 'network'?"],
  [{ process: { schedule: { t: 3 } } }, "'process.schedule.t'; did you mean 'process.schedule.T'?"],
  [{ process: { schedule: { sigmaMin: 1 } } }, "unknown option 'process.schedule.sigmaMin'"],
  [{ task: 'classifier', labelDrop: 0.2 }, "unknown option 'labelDrop'"],
  [{ qqqqqq: 1 }, "unknown option 'qqqqqq'."],
  [{ steps: 0 }, "Config x is not valid at 'steps': Invalid value: Expected >=1 but received 0."],
  [{ steps: '3' }, "at 'steps': Invalid type: Expected number but received"],
  [{ batch: 1.5 }, "at 'batch'"],
  [{ learningRate: 0 }, "at 'learningRate'"],
  [{ learningRate: Infinity }, "at 'learningRate'"],
  [{ emaDecay: 1 }, "at 'emaDecay'"],
  [{ labelDrop: 1.1 }, "at 'labelDrop'"],
  [{ valueRange: [1, -1] }, "at 'valueRange': expected the smaller value first"],
  [{ valueRange: [0] }, "at 'valueRange"],
  [{ network: { attention: [1.5] } }, "at 'network.attention.0'"],
  [{ network: { multipliers: [] } }, "at 'network.multipliers'"],
  [
    { process: { kind: 'sde' } },
    `at 'process.kind': expected a group whose kind is 'vp' or 've', found "sde".`,
  ],
  [{ process: 5 }, "at 'process': expected a group whose kind is 'vp' or 've', found 5."],
  [
    { objective: 'dsm' },
    "at 'objective': expected 'eps', 'v', 'x0' or 'mu' with a vp process, 'dsm', 'ssm' or 'fd-ssm' with a ve process",
  ],
  [{ process: { kind: 've' } }, "at 'objective'"],
  [{ batch: 10, accumulate: 4 }, "at 'accumulate': expected a divisor of batch"],
  [{ decay: 'step' }, "at 'milestones': expected milestones with the decay 'step'"],
  [{ milestones: [5] }, "at 'milestones'"],
  [{ decay: 'constant', finalLearningRate: 0.1 }, "at 'finalLearningRate': expected 0 with a decay other"],
  [{ task: 'classifier', decay: 'step' }, "at 'milestones'"],
  [{ emaHalfLives: [500, 500] }, "at 'emaHalfLives': expected each half-life once"],
  [{ emaHalfLives: [0] }, "at 'emaHalfLives.0'"],
  [{ timeSteps: 'even' }, "at 'timeSteps'"],
  [{ lossWeight: { name: 'min-snr', k: 1 } }, "unknown option 'lossWeight.k'"],
  [
    { lossWeight: { name: 'snrr' } },
    `at 'lossWeight.name': expected a group whose name is 'uniform' or 'snr' or 'min-snr'`,
  ],
  [{ lossWeight: { name: 'sigma-power' } }, "at 'lossWeight': expected 'uniform', 'snr', 'min-snr'"],
  [{ lossWeight: { name: 'p2' }, objective: 'dsm', process: { kind: 've' } }, "at 'lossWeight': expected"],
  [{ network: { kind: 'energy' } }, "at 'network': expected the kind 'unet' with a vp process"],
  [{ network: { kind: 'mlp' } }, "at 'network.kind': expected a group whose kind is 'unet' or 'energy'"],
  [
    { network: { kind: 'energy', base: 8 }, objective: 'dsm', process: { kind: 've' } },
    "unknown option 'network.base'",
  ],
  [
    { network: { kind: 'energy', embedding: 3 }, objective: 'dsm', process: { kind: 've' } },
    "at 'network.embedding'",
  ],
  [{ variance: { name: 'free' } }, "at 'variance.name': expected a group whose name is 'fixed' or 'learned'"],
  [{ variance: { lambda: 1 } }, "unknown option 'variance.lambda'"],
  [
    { variance: { name: 'learned' }, objective: 'dsm', process: { kind: 've' } },
    "at 'variance': expected 'fixed'",
  ],
  [{ variance: { name: 'learned' }, process: { schedule: { T: 1 } } }, "at 'variance': expected 'fixed'"],
  [{ engine: 'abacus' }, "at 'engine'"],
  [{ task: 'poem' }, "at 'task'"],
  [[], 'Config x is a list; expected an object'],
  [null, 'Config x is not valid'],
])('refuses %j', (config, sentence) => {
  expect(() => parseConfig(config, 'x')).toThrow(sentence);
});
