import { existsSync, realpathSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';

const names = [
  'chromium',
  'chromium-browser',
  'google-chrome',
  'google-chrome-stable',
  'chrome',
  'microsoft-edge',
];

const wellKnown = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge',
  ...[process.env.PROGRAMFILES, process.env['PROGRAMFILES(X86)'], process.env.LOCALAPPDATA]
    .filter((folder) => folder !== undefined)
    .flatMap((folder) => [
      join(folder, 'Google/Chrome/Application/chrome.exe'),
      join(folder, 'Microsoft/Edge/Application/msedge.exe'),
    ]),
];

/** The browser that Playwright has downloaded for itself, if it has. */
async function playwrightBrowser() {
  try {
    const { chromium } = await import('playwright-core');
    return chromium.executablePath();
  } catch {
    return undefined; // playwright-core is not installed yet
  }
}

/**
 * The executable of a Chromium-based browser: the one CHROME_PATH names, else one that is installed, else the one
 * Playwright downloaded, else undefined. Throws if CHROME_PATH names a file that does not exist.
 * @returns {Promise<string | undefined>}
 */
export async function findBrowser() {
  const chosen = process.env.CHROME_PATH;
  if (chosen) {
    if (existsSync(chosen)) return chosen;
    throw new Error(
      `CHROME_PATH names ${chosen}, which does not exist: set it to the executable of Chrome or Chromium.`,
    );
  }
  const onPath = (process.env.PATH ?? '')
    .split(delimiter)
    .flatMap((folder) => names.map((name) => join(folder, name)));
  return [...onPath, ...wellKnown, await playwrightBrowser()].find(
    (path) => path !== undefined && existsSync(path),
  );
}

/**
 * What the environment of a Node process needs so that ONNX Runtime's WebGPU provider runs there without a GPU: the
 * manifest of SwiftShader, the software GPU that Chromium ships, and Chromium's Vulkan loader for systems that have
 * none. Undefined where the browser has no SwiftShader. To be set before the process starts.
 * @param {string | undefined} browser
 * @returns {Record<string, string> | undefined}
 */
export function swiftShaderEnvironment(browser) {
  if (browser === undefined) return undefined;
  // Debian's /usr/bin/chromium is a script that starts /usr/lib/chromium/chromium.
  const folder = [dirname(realpathSync(browser)), '/usr/lib/chromium', '/opt/google/chrome'].find(
    (candidate) => existsSync(join(candidate, 'vk_swiftshader_icd.json')),
  );
  if (folder === undefined) return undefined;
  return {
    VK_ICD_FILENAMES: join(folder, 'vk_swiftshader_icd.json'),
    LD_LIBRARY_PATH: [process.env.LD_LIBRARY_PATH, folder].filter(Boolean).join(delimiter),
  };
}
