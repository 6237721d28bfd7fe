import * as v from 'valibot';
import { configSchema } from './schema.js';

/** An option of a config, for help and documentation. */
export interface ConfigOption {
  /** Its keys, parted by dots. */
  readonly path: string;
  readonly default: unknown;
  readonly description: string;
}

/** What is looked at of a schema; each part is there in some kinds of schema only. */
interface AnySchema {
  readonly entries?: Readonly<Record<string, AnySchema>>;
  readonly options?: readonly (AnySchema | string | number)[];
  readonly wrapped?: AnySchema;
  readonly default?: unknown;
}

/** Every option of a config, in the order of the schema; those of every task, process and schedule. */
export const configOptions = (): ConfigOption[] => optionsOf(configSchema);

/** Every option of a schema of objects in objects. */
export function optionsOf(schema: unknown): ConfigOption[] {
  const found = new Map<string, ConfigOption>();
  const walk = (schema: AnySchema, path: string): void => {
    const inner = schema.wrapped ?? schema;
    const alternatives = inner.options?.filter((option) => typeof option === 'object') ?? [];
    if (inner.entries)
      for (const [key, entry] of Object.entries(inner.entries)) walk(entry, path ? `${path}.${key}` : key);
    else if (alternatives.length > 0) for (const alternative of alternatives) walk(alternative, path);
    else if (!found.has(path))
      found.set(path, { path, default: schema.default, description: descriptionOf(inner) });
  };
  walk(schema as AnySchema, '');
  return [...found.values()];
}

const descriptionOf = (schema: AnySchema): string =>
  v.getDescription(schema as unknown as v.GenericSchema) ?? '';
