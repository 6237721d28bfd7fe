/** Operators that work element by element, their inputs broadcast to the shape of their output. */
export const ELEMENTWISE: ReadonlySet<string> = new Set([
  ...[
    'Abs',
    'Acos',
    'Acosh',
    'Asin',
    'Asinh',
    'Atan',
    'Atanh',
    'Cast',
    'Ceil',
    'Cos',
    'Cosh',
    'Elu',
    'Erf',
    'Exp',
  ],
  ...['Floor', 'LeakyRelu', 'Log', 'Neg', 'Not', 'Reciprocal', 'Relu', 'Round', 'Sigmoid', 'Sin', 'Sinh'],
  ...['Softplus', 'Sqrt', 'Tan', 'Tanh', 'QuickGelu'],
  ...['Add', 'Sub', 'Mul', 'Div', 'Pow', 'Max', 'Min', 'Clip', 'Where'],
  ...['Equal', 'Greater', 'GreaterOrEqual', 'Less', 'LessOrEqual', 'And', 'Or', 'BitwiseAnd'],
]);
