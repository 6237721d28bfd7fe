import { createSession, type CreateSessionOptions, type Session } from '@scorebridge/runtime';
import type { Tensor } from 'onnxruntime-common';
import type { Data } from '../graph/graph.js';
import { lower, type Lowering } from '../lower/lower.js';
import { writeOnnx } from '../onnx/write.js';
import { graphOf, inputName, outputName, type Segment } from './segment.js';

/** Sessions by what they do, so that a program that comes back, such as a training step, is built once. */
export class Programs {
  /** In the order of their last use. */
  private readonly sessions = new Map<string, Session>();

  constructor(
    private readonly options: CreateSessionOptions,
    private readonly lowering: Lowering,
    /** How many sessions are kept; the one that was not used for longest goes. */
    private readonly capacity = 256,
  ) {}

  /** Runs a segment and gives each of its outputs its data. Only one call may be under way at a time. */
  async run(segment: Segment): Promise<void> {
    const { session, Tensor } = await this.sessionFor(segment);
    const feeds: Record<string, Tensor> = {};
    segment.inputs.forEach(({ dtype, shape, data }, i) => {
      feeds[inputName(i)] = new Tensor(dtype as 'float32', data as Float32Array, shape);
    });
    const results = await session.run(feeds);
    segment.outputs.forEach((value, i) => value.settle(results[outputName(i)]!.data as Data));
  }

  private async sessionFor(segment: Segment): Promise<Session> {
    const known = this.sessions.get(segment.key);
    this.sessions.delete(segment.key);
    const session = known ?? (await this.build(segment));
    this.sessions.set(segment.key, session);
    if (this.sessions.size > this.capacity) {
      const [oldest, { session: unused }] = this.sessions.entries().next().value!;
      this.sessions.delete(oldest);
      await unused.release();
    }
    return session;
  }

  private build(segment: Segment): Promise<Session> {
    const { model } = writeOnnx(lower(graphOf(segment), this.lowering), { sources: false });
    return createSession(model, this.options);
  }

  async dispose(): Promise<void> {
    const sessions = [...this.sessions.values()];
    this.sessions.clear();
    for (const { session } of sessions) await session.release();
  }
}
