export interface InputSpec {
  readonly dtype: 'float32' | 'int32' | 'bool';
  /** A name, such as `'batch'`, is a symbolic dimension; the same name is the same size. */
  readonly shape: readonly (number | string)[];
}
