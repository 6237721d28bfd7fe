// `npm test`: installs what the tests need, builds, runs them. Plain Node, so that it starts on a fresh clone.
//   npm test                 everything
//   npm test -- unit         the fast tests that stand beside the code; no build, no browser
//   npm test -- long         those beside the code that are not fast
//   npm test -- cross        the tests in test/
//   npm test -- <filter>...  handed to vitest
// The last line is `N passed, N failed, N skipped`, where the type check counts as one.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findBrowser } from './find-browser.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
process.chdir(root);

const minute = 60_000;
const report = 'test/results/vitest.json';

function run(command, args, options = {}) {
  console.log(`\n> ${[command, ...args].join(' ')}`);
  const shell = process.platform === 'win32'; // npm and npx are .cmd files there
  return (
    spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'], shell, ...options }).status === 0
  );
}

function finish({ passed, failed, skipped }, notes = []) {
  for (const note of notes) console.log(`\n!!! ${note}`);
  console.log(`\n${passed} passed, ${failed} failed, ${skipped} skipped`);
  process.exit(failed > 0 || passed === 0 ? 1 : 0);
}

function stop(reason) {
  finish({ passed: 0, failed: 1, skipped: 0 }, [reason]);
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19))
    stop(`Node ${process.versions.node} is too old: Scorebridge needs Node 20.19 or newer.`);
}

function install() {
  const installed = 'node_modules/.package-lock.json';
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync('package-lock.json').mtimeMs) return;
  if (!run('npm', ['ci'])) stop('npm ci failed: see its message above.');
}

function installBrowser() {
  const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const isRoot = process.getuid?.() === 0;
  const succeeds = (command, args) => spawnSync(command, args, { stdio: 'ignore' }).status === 0;
  if (succeeds('apt-get', ['--version']) && (isRoot || succeeds('sudo', ['-n', 'true']))) {
    const apt = (...args) =>
      run(isRoot ? 'apt-get' : 'sudo', isRoot ? args : ['-n', 'apt-get', ...args], {
        env: environment,
        timeout: 10 * minute,
      });
    apt('update');
    if (apt('install', '-y', '--no-install-recommends', 'chromium')) return;
  }
  run('npx', ['playwright-core', 'install', 'chromium'], { timeout: 5 * minute });
}

/** Finds or installs a browser; the note says what is left out where neither works. */
async function prepareBrowser() {
  let browser = await findBrowser();
  if (browser === undefined) {
    installBrowser();
    browser = await findBrowser();
  }
  if (browser === undefined)
    return 'BROWSER TESTS SKIPPED: no Chrome or Chromium was found and none could be installed. Set CHROME_PATH to one.';
  console.log(`Browser: ${browser}`);
  process.env.CHROME_PATH = browser;
  return undefined;
}

/** The names of the tests that failed, so that the end of a long log tells them. */
function failedTests() {
  if (!existsSync(report)) return [];
  return JSON.parse(readFileSync(report, 'utf8')).testResults.flatMap(({ name, assertionResults }) =>
    assertionResults
      .filter(({ status }) => status === 'failed')
      .map(({ fullName }) => `${relative(root, name)}: ${fullName}`),
  );
}

/** Counts of vitest's JSON report. A file that failed before its first test counts as one failure. */
function readReport() {
  if (!existsSync(report)) return { passed: 0, failed: 0, skipped: 0 };
  const results = JSON.parse(readFileSync(report, 'utf8'));
  const broken = results.testResults.filter(
    ({ status, assertionResults }) =>
      status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
  );
  return {
    passed: results.numPassedTests,
    failed: results.numFailedTests + broken.length,
    skipped: results.numPendingTests + results.numTodoTests,
  };
}

checkNode();
const [first, ...rest] = process.argv.slice(2);
/** What vitest is to run of each part of the tests. */
const parts = {
  unit: ['--project', 'unit *', '--tags-filter', '!long'],
  long: ['--project', 'unit *', '--tags-filter', 'long'],
  cross: ['--project', 'cross'],
};
const filters = first in parts ? rest : process.argv.slice(2);
const notes = [];

install();
let typesHold;
if (first !== 'unit' && first !== 'long') {
  const note = await prepareBrowser();
  if (note !== undefined) notes.push(note);
  typesHold = run('npx', ['tsc', '-b']);
  if (!typesHold) notes.push('The type check failed.');
}

mkdirSync('test/results', { recursive: true });
rmSync(report, { force: true });
const succeeded = run('npx', [
  ...['vitest', 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`],
  ...(parts[first] ?? []),
  ...filters,
]);
const counts = readReport();
notes.push(...failedTests().map((name) => `Failed: ${name}`));
if (counts.passed + counts.failed === 0) {
  notes.push('No test ran.');
  counts.failed += 1;
} else if (!succeeded && counts.failed === 0) {
  notes.push('vitest failed although every test passed: see its message above.');
  counts.failed += 1;
}
if (typesHold === true) counts.passed += 1;
if (typesHold === false) counts.failed += 1;
finish(counts, notes);
