import { type Browser, chromium } from 'playwright-core';
import { findBrowser, swiftShaderEnvironment } from '../../scripts/find-browser.mjs';

/** The browser that the tests drive; undefined where the machine has none, which skips them. */
export const browserPath = await findBrowser();

/** The environment in which ONNX Runtime's WebGPU provider runs in Node without a GPU; undefined where it cannot. */
export const swiftShader = swiftShaderEnvironment(browserPath);

/** How long a page may take, in milliseconds: a machine with much else to do is slow, and that is no fault of the page. */
export const PATIENCE = 120_000;

const flags = [
  '--no-sandbox',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // A name of this machine that does not make its pages secure contexts, as localhost does.
  '--host-resolver-rules=MAP insecure.test 127.0.0.1',
  // Without the first there is no adapter; the second gives one on a machine without a GPU, some 500 times slower.
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader',
];

export function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: browserPath, headless: true, args: flags });
}
