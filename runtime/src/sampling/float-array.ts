/** What a chain's state is kept in: float32, or float64 where the source computes in that. */
export type FloatArray = Float32Array | Float64Array;
