import type { HostTensor } from './host-tensor.js';

/** Tensors by name. */
type Tensors = Readonly<Record<string, Pick<HostTensor, 'data'>>>;

/** Adds parts to sums of the same names, float32; a sum is the part itself where it `isFirst`. */
export function addTo(sums: Tensors, parts: Tensors, isFirst: boolean): void {
  for (const [name, sum] of Object.entries(sums)) {
    const [total, part] = [sum.data as Float32Array, parts[name]!.data as Float32Array];
    if (isFirst) total.set(part);
    else add(total, part);
  }
}

/** Four at a time: a turn of a loop costs V8 as much as an addition. */
function add(total: Float32Array, part: Float32Array): void {
  const whole = total.length - (total.length % 4);
  for (let k = 0; k < whole; k += 4) {
    total[k]! += part[k]!;
    total[k + 1]! += part[k + 1]!;
    total[k + 2]! += part[k + 2]!;
    total[k + 3]! += part[k + 3]!;
  }
  for (let k = whole; k < total.length; k++) total[k]! += part[k]!;
}
