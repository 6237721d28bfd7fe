import type { Types } from './trace-kernel.js';

/** What was found out of a kernel by running its uses. */
export interface KernelFeatures {
  /** The ONNX operators that it becomes in a file. */
  readonly operators: readonly string[];
  /** The types that each of its inputs was given, where the result was that of tfjs's cpu backend. */
  readonly types: Readonly<Record<string, readonly string[]>>;
  /** Types of inputs that tfjs's cpu backend takes and this does not, or makes something else of. */
  readonly refusedTypes: readonly Types[];
  /** Whether a size that it met was symbolic, in a file that gave the result of tfjs at several sizes. */
  readonly symbolic: boolean;
  /** `right` on ONNX Runtime's CPU provider, or what was not. */
  readonly cpu: string;
  /** Whether the export of a gradient through it gave that of tfjs; `apart` where tfjs does not run it under a gradient. */
  readonly gradient: 'right' | 'apart' | 'none';
  readonly webgpu: WebgpuFeatures;
}

/** How its uses, each traced at fixed sizes and lowered for WebGPU, fared on that provider. */
export interface WebgpuFeatures {
  readonly uses: number;
  /** How many ran wholly on the provider, by the types that the kernel was given. */
  readonly wholly: Readonly<Record<string, number>>;
  /** The same of those with some operators on the CPU. */
  readonly partly: Readonly<Record<string, number>>;
  /** Of which no operator is left. */
  readonly nothing: number;
  /** What went wrong, and how often. */
  readonly errors: Readonly<Record<string, number>>;
}

export type CpuFeatures = Omit<KernelFeatures, 'webgpu'>;

/** What stands in `measured.json`. */
export interface Measured {
  readonly onnxruntime: string;
  readonly tfjs: string;
  readonly kernels: Readonly<Record<string, KernelFeatures>>;
}
