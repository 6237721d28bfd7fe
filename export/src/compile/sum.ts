import type { CreateSessionOptions, Session } from '@scorebridge/runtime';
import { Tensor } from 'onnxruntime-common';
import type { Graph, Value } from '../graph/graph.js';
import { divideSum, PART, PREPARED } from './divide-sum.js';
import type { HostTensor } from './host-tensor.js';
import { encodeGraph, openGraph } from './open-graph.js';
import { Replicas, type FixedSpecs } from './replicas.js';

type HostTensors = Readonly<Record<string, HostTensor>>;

export interface SumOptions extends CreateSessionOptions {
  /** How many inputs at the same time on the cpu, each in a thread of its own; 1 for one after the other. */
  readonly replicas: number;
}

/** The sums of a graph's outputs over several inputs, on ONNX Runtime. */
export class Sum {
  private constructor(
    private readonly before: Session | undefined,
    private readonly each: Session | Replicas,
    private readonly after: Session,
    private readonly sum: Tensor,
  ) {}

  /**
   * @param graph lowered
   * @param state names of the inputs that are the same for all inputs
   * @throws Error if an output is not float32
   */
  static async start(graph: Graph, state: ReadonlySet<string>, options: SumOptions): Promise<Sum> {
    const { replicas, ...session } = options;
    const { before, each, after } = divideSum(graph, state);
    // Run once for many runs of `each`: without threads that would wait for more work meanwhile, or memory that is kept.
    const open = (part: Graph) =>
      openGraph(part, {
        ...session,
        threads: 1,
        sessionOptions: { enableCpuMemArena: false, ...session.sessionOptions },
      });
    const isCommon = ({ name }: Value) => name === PREPARED || state.has(name!);
    const replicate = () => {
      const { threads = replicas, sessionOptions } = session;
      const specs = {
        common: specsOf(each.inputs.filter(isCommon)),
        inputs: specsOf(each.inputs.filter((value) => !isCommon(value))),
        outputs: { [PART]: specOf(each.outputs[0]!.value) },
      };
      const share = {
        provider: 'cpu',
        threads: Math.max(1, Math.floor(threads / replicas)),
        sessionOptions: { enableMemPattern: false, ...sessionOptions },
      } as const;
      return Replicas.start(encodeGraph(each), replicas, specs, share);
    };
    const { shape } = after.inputs[0]!;
    return new Sum(
      before && (await open(before)),
      await (replicas > 1 ? replicate() : openGraph(each, session)),
      await open(after),
      new Tensor('float32', new Float32Array(shape[0]!), shape),
    );
  }

  /** @returns the sums, added up in the order of `inputs` */
  async run(state: HostTensors, inputs: readonly HostTensors[]): Promise<Record<string, HostTensor>> {
    const sum = this.sum.data as Float32Array;
    const add = (outputs: HostTensors, i: number) => {
      const part = outputs[PART]!.data as Float32Array;
      if (i === 0) sum.set(part);
      else for (let k = 0; k < sum.length; k++) sum[k]! += part[k]!;
    };
    const common = { ...state, ...(await this.before?.session.run(state)) };
    if (this.each instanceof Replicas) await this.each.runEach(common, inputs, add);
    else
      for (const [i, input] of inputs.entries()) add(await this.each.session.run({ ...common, ...input }), i);
    return this.after.session.run({ [PART]: this.sum });
  }

  async release(): Promise<void> {
    await this.before?.session.release();
    await (this.each instanceof Replicas ? this.each.release() : this.each.session.release());
    await this.after.session.release();
  }
}

const specOf = ({ dtype, shape }: Value) => ({ dtype, shape }) as FixedSpecs[string];

const specsOf = (values: readonly Value[]): FixedSpecs =>
  Object.fromEntries(values.map((value) => [value.name!, specOf(value)]));
