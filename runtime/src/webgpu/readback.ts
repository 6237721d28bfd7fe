import type { Gpu } from './gpu.js';
import { MAP_READ, USAGE } from './usage.js';

/** Reads the beginning of a buffer, through one of its own that the CPU can see. One read at a time. */
export function readback(
  gpu: Gpu,
  make: (bytes: number, usage: number) => GPUBuffer,
  source: GPUBuffer,
  bytes: number,
): () => Promise<ArrayBuffer> {
  const { device, lost } = gpu;
  const visible = make(bytes, USAGE.MAP_READ | USAGE.COPY_DST);
  return async () => {
    gpu.check();
    const encoder = device.createCommandEncoder();
    encoder.copyBufferToBuffer(source, 0, visible, 0, bytes);
    device.queue.submit([encoder.finish()]);
    const mapped = visible.mapAsync(MAP_READ, 0, bytes).catch(async (error: unknown) => {
      // A map fails too when the device is lost, and may do so before it says that it is.
      await Promise.race([lost, new Promise((resolve) => setTimeout(resolve, 1000))]);
      throw error;
    });
    await Promise.race([mapped, lost]);
    const copy = visible.getMappedRange(0, bytes).slice(0);
    visible.unmap();
    return copy;
  };
}
