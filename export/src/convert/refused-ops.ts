import type { NodeDef } from './graph-def.js';

const TABLE = 'it looks things up in a hash table, which ONNX has none of';
const STRINGS = 'it works on strings';

const REFUSED: Readonly<Record<string, string>> = {
  HashTable: TABLE,
  HashTableV2: TABLE,
  InitializeTable: TABLE,
  InitializeTableV2: TABLE,
  LookupTableImport: TABLE,
  LookupTableImportV2: TABLE,
  LookupTableFind: TABLE,
  LookupTableFindV2: TABLE,
  LookupTableSize: TABLE,
  LookupTableSizeV2: TABLE,
  StringNGrams: STRINGS,
  StringSplit: STRINGS,
  StringToHashBucketFast: STRINGS,
  StaticRegexReplace: STRINGS,
};

/** @throws Error for an op that no ONNX graph of numbers can hold */
export function refuseOp({ name, op }: NodeDef): void {
  const reason = REFUSED[op];
  if (reason) throw new Error(`The node ${name} (${op}) cannot be exported: ${reason}.`);
}
