/** `npm run demo:picture`: docs/images/demo.png, of the built page with the labelled model in the browser of the tests. */
import { fileURLToPath } from 'node:url';
import { launchBrowser } from './browser.js';
import { serveDemo } from './demo.js';
import { openDemo, sampleInPage } from './page.js';

const path = fileURLToPath(new URL('../../docs/images/demo.png', import.meta.url));
const [browser, demo] = [await launchBrowser(), await serveDemo()];
try {
  const page = await browser.newPage({ viewport: { width: 1180, height: 860 } });
  await openDemo(page, demo.url, {
    model: 'mnist-labelled',
    provider: 'wasm',
    digit: 'all',
    count: 40,
    seed: 7,
  });
  page.setDefaultTimeout(0); // as long as it takes
  await sampleInPage(page);
  await page.screenshot({ path });
} finally {
  await browser.close();
  await demo.close();
}
console.log(`wrote ${path}`);
