import { z } from 'zod';
import { coreOf } from '../../src/config/walk.js';

/** One key that a person may write. */
export interface Key {
  /** `pools.NAME.hosts.NAME.cores` */
  readonly path: string;
  /** As it would be written: `30s`; `required`, or `none`. */
  readonly fallback: string;
  readonly schema: z.core.$ZodType;
}

function fallbackOf(schema: z.core.$ZodType): string {
  if (schema instanceof z.ZodOptional) return 'none';
  if (!(schema instanceof z.ZodDefault) && !(schema instanceof z.ZodPrefault)) return 'required';
  const value: unknown = schema.def.defaultValue;
  return Array.isArray(value) ? `[${value.join(', ')}]` : String(value);
}

/** Every key below a schema that holds a value; groups and names are walked through. */
export function keysOf(schema: z.core.$ZodType, path = ''): readonly Key[] {
  const core = coreOf(schema);
  const below = (part: string): string => (path === '' ? part : `${path}.${part}`);
  if (core instanceof z.ZodObject) return Object.entries(core.shape).flatMap(([key, part]) => keysOf(part, below(key)));
  if (core instanceof z.ZodRecord) return keysOf(core.valueType, below('NAME'));
  const self: Key = { path, fallback: fallbackOf(schema), schema };
  const groups = core instanceof z.ZodUnion ? core.options.filter((option) => coreOf(option) instanceof z.ZodObject) : [];
  return [self, ...groups.flatMap((group) => keysOf(group, path))];
}
