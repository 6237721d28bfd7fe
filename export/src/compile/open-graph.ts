import { createSession, type CreateSessionOptions, type Session } from '@scorebridge/runtime';
import type { Graph } from '../graph/graph.js';
import { writeOnnx } from '../onnx/write.js';

/** The bytes of a lowered graph for a session in this process. */
export const encodeGraph = (graph: Graph): Uint8Array => writeOnnx(graph, { sources: false }).model;

/** A session on a lowered graph. */
export const openGraph = (graph: Graph, options: CreateSessionOptions): Promise<Session> =>
  createSession(encodeGraph(graph), options);
