import { ddpm, sample } from '@scorebridge/runtime';
import express from 'express';
import sharp from 'sharp';

/**
 * Answers `GET /digit/3.png?seed=7` with a digit that is drawn while the client waits. A client that goes away stops the
 * network calls; one that asks for what there is not is told so.
 *
 * @param {import('@scorebridge/runtime').ScoreSource} model of grey images with labels
 */
export function digitApp(model, { steps = 50 } = {}) {
  const [height = 1, width = 1] = model.card.shape;
  const [black, white] = model.card.valueRange;
  const app = express();
  app.get('/digit/:label.png', async (request, response) => {
    const gone = new AbortController();
    response.on('close', () => gone.abort());
    const label = Number(request.params.label);
    const seed = Number(request.query.seed ?? 0);
    try {
      const options = { sampler: ddpm(), steps, count: 1, guidance: 1, label, seed, signal: gone.signal };
      const { samples } = await sample(model, options).result;
      const pixels = Uint8ClampedArray.from(samples, (x) => (255 * (x - black)) / (white - black));
      const image = sharp(pixels, { raw: { width, height, channels: 1 } });
      response.type('png').send(await image.png().toBuffer());
    } catch (error) {
      if (gone.signal.aborted) return; // nobody is left to answer
      if (!(error instanceof RangeError)) throw error;
      response.status(400).type('text').send(error.message);
    }
  });
  return app;
}
