export * from './index.js';
export { createSession } from './providers/browser.js';
export { type BrowserLoadOptions, type BrowserScoreModel, loadModel, type Origin } from './model/browser.js';
