export * from './index.js';
export { createSession } from './providers/browser.js';
