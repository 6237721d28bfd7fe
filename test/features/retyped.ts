import type { Line } from '../../export/src/testing/example.js';
import type { Input } from '../../export/src/testing/parity.js';

const TYPES = ['float32', 'int32', 'bool'] as const;

/** The use with the inputs of one type given another one, in every such way. */
export function retyped(line: Line): Line[] {
  const types = new Set(Object.values(line.inputs).map(({ dtype }) => dtype));
  return [...types].flatMap((from) =>
    TYPES.filter((to) => to !== from).map((to) => ({
      ...line,
      inputs: Object.fromEntries(
        Object.entries(line.inputs).map(([name, input]) => [
          name,
          input.dtype === from ? as(to, input) : input,
        ]),
      ),
    })),
  );
}

function as(dtype: (typeof TYPES)[number], { shape, low, high }: Input): Input {
  if (dtype === 'bool') return { dtype, shape, low: 0, high: 2 };
  const least = dtype === 'int32' ? Math.ceil(low) : low;
  return { dtype, shape, low: least, high: Math.max(high, least + 1) };
}
