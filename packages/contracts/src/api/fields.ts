import { z } from 'zod';

/** Building blocks of requests and responses. */
export const objectName = z.string().min(1).max(253).describe('Name from the manifest’s metadata');

export const instant = z.iso.datetime().describe('UTC, ISO 8601');

/** Query strings carry text: `true` or `false`. */
export const flag = z.enum(['true', 'false']).transform((value) => value === 'true');

export const projectQuery = z.strictObject({
  project: z.string().min(1).max(253).default('default'),
});

export const pageQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(500).default(100),
  cursor: z.string().max(500).optional().describe('`nextCursor` of the page before'),
});

export const projectPageQuery = z.strictObject({ ...projectQuery.shape, ...pageQuery.shape });

export const namedParams = z.strictObject({ name: objectName });

export const reason = z.string().trim().min(1).max(1_000).describe('Kept in the ledger');

/** Basis of every list: `nextCursor` is null on the last page. */
export function pageOf<Item extends z.ZodType>(item: Item) {
  return z.object({ items: z.array(item), nextCursor: z.string().nullable() });
}

/** A revision, named the way people name it. */
export const revisionName = z
  .object({ revision: z.number().int().positive(), version: z.string() })
  .meta({ id: 'RevisionName' });

export const fieldChange = z
  .object({ path: z.string(), from: z.unknown().optional(), to: z.unknown().optional() })
  .meta({ id: 'FieldChange', description: 'Absent `from`: added. Absent `to`: removed.' });

export const kindNames = z.enum(['Project', 'Cluster', 'Pool', 'Model', 'ModelVersion', 'Deployment', 'Route']);
