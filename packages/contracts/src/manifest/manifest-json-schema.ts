import { MANIFEST_KINDS } from '@signalbox/domain';
import { z } from 'zod';
import { kindContracts } from './kinds/index.ts';

/** JSON Schema of one document of any kind, for editors. Draft 7, because that is what most of them speak. */
export function manifestJsonSchema(): Record<string, unknown> {
  const [first, ...rest] = MANIFEST_KINDS.map((kind) => kindContracts[kind].schema);
  const anyKind = z.union([first ?? z.never(), ...rest]).meta({ title: 'Signalbox manifest' });
  return z.toJSONSchema(anyKind, { io: 'input', target: 'draft-7' }) as Record<string, unknown>;
}
