export * from './index.js';
export { createSession } from './providers/browser.js';
export { loadModel } from './model/browser.js';
