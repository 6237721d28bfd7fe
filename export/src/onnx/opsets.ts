/** The newest opset at which the WebGPU provider still has Sin, Cos, Elu, MaxPool and ConvTranspose. */
export const OPSET = 21;
/** The oldest opset that files are written in: the one with LayerNormalization. */
export const OLDEST_OPSET = 17;
/** The IR version that came with each opset. */
const IR_VERSIONS: Readonly<Record<number, number>> = { 17: 8, 18: 8, 19: 9, 20: 9, 21: 10 };

/** @throws Error if files are not written in that opset */
export function irVersion(opset: number): number {
  const version = IR_VERSIONS[opset];
  if (version === undefined)
    throw new Error(`Models are written in the opsets ${OLDEST_OPSET} to ${OPSET}, not ${opset}.`);
  return version;
}
