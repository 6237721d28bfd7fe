import { fileURLToPath } from 'node:url';
import { loadModel } from '@scorebridge/runtime';
import { digitApp } from './app.js';

const file = new URL('../../web-demo/public/models/mnist-labelled.onnx', import.meta.url);
// In a worker thread: the server goes on answering while the network computes.
const model = await loadModel(fileURLToPath(file), { worker: true });
const port = Number(process.env.PORT ?? 3000);
digitApp(model).listen(port, (error) => {
  if (error) throw error;
  console.log(`http://localhost:${port}/digit/3.png?seed=7`);
});
