import { createSession, type CreateSessionOptions, type Session } from '@scorebridge/runtime';
import type { Graph } from '../graph/graph.js';
import { writeOnnx } from '../onnx/write.js';

/** The bytes of a lowered graph for a session in this process. */
export const encodeGraph = (graph: Graph, onCpu: boolean): Uint8Array =>
  writeOnnx(graph, { sources: false, hideSizes: onCpu }).model;

/** Options of a session on such a graph: ONNX Runtime would warn of each size that is hidden from it. */
export const quietly = (options: CreateSessionOptions): CreateSessionOptions => ({
  ...options,
  sessionOptions: { logSeverityLevel: 3, ...options.sessionOptions },
});

/** A session on a lowered graph. */
export const openGraph = (graph: Graph, onCpu: boolean, options: CreateSessionOptions): Promise<Session> =>
  createSession(encodeGraph(graph, onCpu), quietly(options));
