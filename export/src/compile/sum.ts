import type { CreateSessionOptions, Session } from '@scorebridge/runtime';
import { Tensor } from 'onnxruntime-common';
import type { Graph, Value } from '../graph/graph.js';
import { product } from '../graph/sizes.js';
import { addTo } from './add-to.js';
import { divideSum } from './divide-sum.js';
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
  private prepared: Record<string, Tensor> | undefined;

  private constructor(
    private readonly before: Session | undefined,
    private readonly each: Session | Replicas,
    private readonly after: Session,
    private readonly sums: Readonly<Record<string, Tensor>>,
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
    const common = new Set([...state, ...(before?.outputs ?? []).map(({ name }) => name)]);
    const isCommon = ({ name }: Value) => common.has(name!);
    const replicate = () => {
      const { threads = replicas, sessionOptions } = session;
      const specs = {
        common: specsOf(each.inputs.filter(isCommon)),
        inputs: specsOf(each.inputs.filter((value) => !isCommon(value))),
        outputs: specsOf(after.inputs),
      };
      const share = {
        provider: 'cpu',
        threads: Math.max(1, Math.floor(threads / replicas)),
        ...(sessionOptions && { sessionOptions }),
      } as const;
      return Replicas.start(encodeGraph(each), replicas, specs, share);
    };
    return new Sum(
      before && (await open(before)),
      await (replicas > 1 ? replicate() : openGraph(each, session)),
      await open(after),
      Object.fromEntries(after.inputs.map(({ name, shape }) => [name!, zeros(shape)])),
    );
  }

  /** @returns the sums, added up in the order of `inputs` */
  async run(state: HostTensors, inputs: readonly HostTensors[]): Promise<Record<string, HostTensor>> {
    const common = { ...state, ...(await this.prepare(state)) };
    if (this.each instanceof Replicas) addTo(this.sums, await this.each.sum(common, inputs), true);
    else
      for (const [i, input] of inputs.entries())
        addTo(this.sums, await this.each.session.run({ ...common, ...input }), i === 0);
    return this.after.session.run(this.sums);
  }

  /** What is the same for all inputs: into the same memory again and again, where ONNX Runtime can do so. */
  private async prepare(state: HostTensors): Promise<HostTensors> {
    if (!this.before) return {};
    const { session, fillsFetches } = this.before;
    const fetches = fillsFetches ? this.prepared : undefined;
    return (this.prepared = await session.run(state, fetches ?? session.outputNames));
  }

  async release(): Promise<void> {
    await this.before?.session.release();
    await (this.each instanceof Replicas ? this.each.release() : this.each.session.release());
    await this.after.session.release();
  }
}

const specsOf = (values: readonly Value[]): FixedSpecs =>
  Object.fromEntries(values.map(({ name, dtype, shape }) => [name!, { dtype, shape } as FixedSpecs[string]]));

const zeros = (shape: readonly number[]): Tensor =>
  new Tensor('float32', new Float32Array(product(shape)), shape);
