export * from './index.js';
export { createSession } from './providers/node.js';
export { WorkerError } from './node-worker/worker-error.js';
export { loadGradient, loadModel, type NodeLoadOptions } from './model/node.js';
