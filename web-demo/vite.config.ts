import { defineConfig } from 'vite';

/** Cross-origin isolation: without it the page has no SharedArrayBuffer and WebAssembly runs on one thread. */
const headers = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

export default defineConfig({
  root: import.meta.dirname,
  base: './',
  server: { headers },
  preview: { headers },
  worker: { format: 'es' },
  build: { target: 'es2022', sourcemap: true },
  // Pre-bundling would move ONNX Runtime away from the WebAssembly files that it looks for beside itself.
  optimizeDeps: { exclude: ['onnxruntime-web'] },
});
