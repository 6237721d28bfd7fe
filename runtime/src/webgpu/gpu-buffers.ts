/** Buffers that are freed together. */
export interface GpuBuffers {
  make(bytes: number, usage: number): GPUBuffer;
  destroy(): void;
}

/** @throws RangeError if a buffer is larger than the device takes. */
export function gpuBuffers(device: GPUDevice): GpuBuffers {
  const made: GPUBuffer[] = [];
  return {
    make(bytes, usage) {
      const most = Math.min(device.limits.maxBufferSize, device.limits.maxStorageBufferBindingSize);
      if (bytes > most) {
        throw new RangeError(
          `A batch takes ${bytes} bytes, and a buffer of this GPU at most ${most}: choose a smaller batch.`,
        );
      }
      // ONNX Runtime copies multiples of 16 bytes.
      const buffer = device.createBuffer({ size: 16 * Math.ceil(bytes / 16), usage });
      made.push(buffer);
      return buffer;
    },
    destroy() {
      for (const buffer of made.splice(0)) buffer.destroy();
    },
  };
}
