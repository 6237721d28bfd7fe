export * from './index.js';
export { createSession } from './providers/browser.js';
export { loadGradient, loadModel } from './model/browser.js';
export type { BrowserLoadOptions, BrowserScoreModel, Origin } from './model/load-here.js';
export type { ModelSource } from './model/read-source.js';
