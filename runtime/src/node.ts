export * from './index.js';
export { createSession } from './providers/node.js';
export { loadGradient, loadModel, type NodeLoadOptions } from './model/node.js';
