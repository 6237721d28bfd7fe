export * from './index.js';
export { createSession } from './providers/node.js';
export { loadModel } from './model/node.js';
