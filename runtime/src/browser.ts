export * from './index.js';
export { createSession } from './providers/browser.js';
export { loadModel } from './model/browser.js';
export type { BrowserLoadOptions, BrowserScoreModel, ModelSource, Origin } from './model/load-here.js';
