import { DeviceLostError } from '../providers/device-lost-error.js';

/** A GPU device that sessions share, and what becomes of it. */
export interface Gpu {
  readonly device: GPUDevice;
  /** Rejects with a DeviceLostError once the device is lost; never resolves. */
  readonly lost: Promise<never>;
  /** @throws DeviceLostError if the device is lost. */
  check(): void;
}

let current: Promise<Gpu> | undefined;

/** The device in use; a new one where there is none yet, or the last was lost. */
export function sharedGpu(): Promise<Gpu> {
  current ??= requestGpu().catch((error: unknown) => {
    current = undefined;
    throw error;
  });
  return current;
}

async function requestGpu(): Promise<Gpu> {
  const adapter = await navigator.gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) throw new Error('The browser gives no WebGPU adapter.');
  const { limits, features } = adapter;
  const device = await adapter.requestDevice({
    requiredFeatures: WANTED_FEATURES.filter((name) => features.has(name)),
    // What ONNX Runtime asks for where it makes the device itself.
    requiredLimits: Object.fromEntries(WANTED_LIMITS.map((name) => [name, limits[name]])),
  });
  let error: DeviceLostError | undefined;
  const lost = device.lost.then(({ message, reason }) => {
    current = undefined;
    error = new DeviceLostError(message.trim().replace(/\.$/, '') || reason);
    throw error;
  });
  lost.catch(() => undefined);
  return {
    device,
    lost,
    check() {
      if (error) throw error;
    },
  };
}

const WANTED_FEATURES = ['shader-f16', 'subgroups', 'timestamp-query'] as GPUFeatureName[];

const WANTED_LIMITS = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxComputeWorkgroupSizeY',
  'maxComputeWorkgroupSizeZ',
  'maxComputeWorkgroupsPerDimension',
] as const;
