import { Digits } from './digits';

/** A page of Next's app folder, rendered on the server; the component wakes up in the browser. */
// eslint-disable-next-line no-restricted-syntax -- Next takes a page by its default export.
export default function Page() {
  return <Digits address="/models/mnist-labelled.onnx" />;
}
