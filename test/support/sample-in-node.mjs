// Samples a model in a process of its own and prints the samples as JSON: the Vulkan loader reads its environment once.
import { ddpm, loadModel, sample } from '@scorebridge/runtime';

const { path, provider, ...options } = JSON.parse(process.argv[2]);
const model = await loadModel(path, { provider });
const { samples } = await sample(model, { sampler: ddpm(), ...options }).result;
await model.release();
process.stdout.write(JSON.stringify([...samples]));
