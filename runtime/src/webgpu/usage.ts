/** GPUBufferUsage and GPUMapMode of the WebGPU specification, which TypeScript's library does not declare. */
export const USAGE = { MAP_READ: 1, COPY_SRC: 4, COPY_DST: 8, UNIFORM: 64, STORAGE: 128 } as const;
export const MAP_READ = 1;
