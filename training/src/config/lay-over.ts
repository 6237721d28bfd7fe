import * as v from 'valibot';
import { isGroup, merge } from './merge.js';
import { configSchema } from './schema.js';

/** What is looked at of a schema; each part is there in some kinds of schema only. */
interface GroupSchema {
  readonly entries?: Readonly<Record<string, GroupSchema>>;
  /** The alternatives of a group, and the key that decides between them. */
  readonly options?: readonly (GroupSchema | string | number)[];
  readonly key?: string;
  readonly wrapped?: GroupSchema;
}

/**
 * `overrides` laid over a config: groups are merged, lists replaced, undefined ones ignored. Where an override makes a
 * group of another kind, of the config's options only those stay that both kinds share.
 */
export function layOver(config: Readonly<Record<string, unknown>>, overrides: unknown): unknown {
  return merge(shared(configSchema as unknown as GroupSchema, config, overrides), overrides);
}

/** What of `config` the kinds of group that `overrides` makes of it share with those it had. */
function shared(schema: GroupSchema, config: unknown, overrides: unknown): unknown {
  if (!isGroup(config) || !isGroup(overrides)) return config;
  const { key, options, entries = {} } = schema.wrapped ?? schema;
  const kinds = options?.filter((kind) => typeof kind === 'object').map((kind) => kind.entries ?? {});
  const kindOf = (group: Record<string, unknown>) =>
    kinds ? kinds.find((kind) => fits(kind[key!], group[key!])) : entries;
  const before = kindOf(config);
  const now = key !== undefined && overrides[key] !== undefined ? kindOf(overrides) : before;
  return Object.fromEntries(
    Object.entries(config)
      .filter(([option]) => before?.[option] === now?.[option])
      .map(([option, value]) => [option, inner(now?.[option], value, overrides[option])]),
  );
}

const inner = (schema: GroupSchema | undefined, config: unknown, overrides: unknown): unknown =>
  schema ? shared(schema, config, overrides) : config;

/** Whether the value that decides on the kind of a group is this kind's. */
const fits = (schema: GroupSchema | undefined, value: unknown): boolean =>
  v.is(schema as unknown as v.GenericSchema, value);
