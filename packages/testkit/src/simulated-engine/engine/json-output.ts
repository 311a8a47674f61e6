import type { Random } from './random.ts';

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A value that a JSON schema allows, as far as types, enums, constants and required properties go. */
export function valueFor(schema: unknown, random: Random, depth = 0): unknown {
  if (!isRecord(schema) || depth > 8) return null;
  if ('const' in schema) return schema.const;
  if (Array.isArray(schema.enum)) return schema.enum[Math.floor(random() * schema.enum.length)];
  const variants = [schema.anyOf, schema.oneOf].find(Array.isArray);
  if (variants !== undefined) return valueFor(variants[0], random, depth + 1);
  const type: unknown = Array.isArray(schema.type) ? schema.type[0] : schema.type;
  switch (type) {
    case 'string':
      return 'simulated';
    case 'integer':
      return Math.max(Math.floor(random() * 100), Number(schema.minimum ?? 0));
    case 'number':
      return Math.round(random() * 1000) / 10;
    case 'boolean':
      return random() < 0.5;
    case 'array':
      return [valueFor(schema.items, random, depth + 1)];
    case 'null':
      return null;
    default:
      return objectFor(schema, random, depth);
  }
}

function objectFor(schema: Record<string, unknown>, random: Random, depth: number): Record<string, unknown> {
  const properties = isRecord(schema.properties) ? schema.properties : {};
  return Object.fromEntries(
    Object.entries(properties).map(([name, property]) => [name, valueFor(property, random, depth + 1)]),
  );
}
