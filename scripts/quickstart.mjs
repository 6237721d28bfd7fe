// `npm run quickstart`: from a fresh clone to digits that were never written, in under six minutes on two cores.
// Plain Node, so that it starts with nothing installed. It prints each command that it runs: they are the ones to
// go on with. What an earlier run has made (packages, build, data, trained model) is used again; delete
// runs/quickstart to train anew.
import { spawnSync } from 'node:child_process';
import { existsSync, statSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

const run = 'runs/quickstart';
const model = `${run}/model.onnx`;
const sampling = ['--steps', '50', '--guidance', '1.5'];
const phases = [];

/** Runs a command and returns what it printed on stdout where that is wanted; ends the script where it fails. */
function step(phase, command, args, { capture = false } = {}) {
  console.log(`\n> ${[command, ...args].join(' ')}`);
  const started = performance.now();
  const { status, stdout, error } = spawnSync(command, args, {
    stdio: ['inherit', capture ? 'pipe' : 'inherit', 'inherit'],
    shell: process.platform === 'win32', // npm and npx are .cmd files there
    encoding: 'utf8',
  });
  phases.push([phase, (performance.now() - started) / 1000]);
  if (status === 0) return stdout;
  console.error(
    `\nquickstart stopped: \`${[command, ...args].join(' ')}\` failed${error ? ` (${error.message})` : ''}.`,
  );
  process.exit(1);
}
const scorebridge = (phase, ...args) => step(phase, 'npx', ['scorebridge', ...args]);

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`Node ${process.versions.node} is too old: Scorebridge needs Node 20.19 or newer.`);
  process.exit(1);
}

const installed = 'node_modules/.package-lock.json';
if (!existsSync(installed) || statSync(installed).mtimeMs < statSync('package-lock.json').mtimeMs)
  step('install', 'npm', ['ci']);
step('build', 'npx', ['tsc', '-b', 'training']);
scorebridge('train', 'train', 'quickstart', '--out', run);
scorebridge('export', 'export', run, '--out', model);
const pictures = ['--out', `${run}/grid.png`, '--strip', `${run}/strip.png`, '--webp', `${run}/forming.webp`];
scorebridge('sample', 'sample', model, '--count', '100', ...sampling, ...pictures);
const evaluate = ['scorebridge', 'evaluate', model, '--count', '1000', ...sampling, '--json'];
const report = step('evaluate', 'npx', evaluate, { capture: true });
writeFileSync(`${run}/figures.json`, report);
const figures = JSON.parse(report);

const percent = (share) => `${(100 * share).toFixed(1)}%`;
const seconds = phases.reduce((sum, [, time]) => sum + time, 0);
console.log(`
Of ${figures.count} digits, ${percent(figures.rightLabel)} are recognised as the digit asked for with p >= 0.9.
Fréchet distance ${figures.frechet.toFixed(1)}; ${figures.floorCount} real test digits give ${figures.frechetFloor.toFixed(1)}.

  ${run}/grid.png       100 digits, a column for each label
  ${run}/strip.png      how ten of them formed
  ${run}/forming.webp   the same, moving
  ${run}/loss.png       the loss
  ${run}/figures.json   all figures
  ${model}     all that sampling needs; try: npx scorebridge sample ${model} --label 3

${phases.map(([phase, time]) => `${phase} ${time.toFixed(0)} s`).join(', ')}; ${seconds.toFixed(0)} s in all.`);
