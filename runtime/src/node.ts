export * from './index.js';
export { createSession } from './providers/node.js';
