'use client';

import { ddpm, loadModel, sample, type ScoreModel } from '@scorebridge/runtime';
import { useEffect, useRef, useState } from 'react';

/** A digit that forms while one looks on; its model is fetched from `address` when the component is in the page. */
export function Digits({ address, steps = 50 }: { address: string; steps?: number }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [model, setModel] = useState<ScoreModel>();
  const [label, setLabel] = useState(3);
  const [status, setStatus] = useState('loading');

  useEffect(() => {
    const leaving = new AbortController();
    const loading = loadModel(address, { signal: leaving.signal });
    loading.then(setModel, (error: Error) => leaving.signal.aborted || setStatus(error.message));
    return () => {
      leaving.abort();
      setModel(undefined);
      loading.then(
        (loaded) => loaded.release(),
        () => undefined,
      );
    };
  }, [address]);

  useEffect(() => {
    if (!model) return;
    const leaving = new AbortController();
    const options = { sampler: ddpm(), steps, count: 1, seed: 7, label, guidance: 1, signal: leaving.signal };
    const draw = async () => {
      for await (const { step, x } of sample(model, options)) {
        paint(canvas.current!, x, model.card.valueRange);
        setStatus(step === steps ? `a ${label}, on ${model.provider.name}` : `step ${step} of ${steps}`);
      }
    };
    draw().catch((error: Error) => leaving.signal.aborted || setStatus(error.message));
    return () => leaving.abort();
  }, [model, label, steps]);

  return (
    <figure>
      <canvas ref={canvas} width={28} height={28} style={{ width: 280, imageRendering: 'pixelated' }} />
      <figcaption>{status}</figcaption>
      <input type="number" min={0} max={9} value={label} onChange={(e) => setLabel(Number(e.target.value))} />
    </figure>
  );
}

function paint(canvas: HTMLCanvasElement, x: Float32Array, [black, white]: readonly [number, number]): void {
  const image = new ImageData(canvas.width, canvas.height);
  x.forEach((value, i) => {
    const grey = (255 * (value - black)) / (white - black);
    image.data.set([grey, grey, grey, 255], 4 * i);
  });
  canvas.getContext('2d')!.putImageData(image, 0, 0);
}
