import type { Edit } from '../json/edit-bytes.ts';
import { memberOf } from '../json/walk-json.ts';

/** What of a response object names a response that its engine keeps. */
export const markedKeys = ['id', 'previous_response_id'] as const;

const marked = /^(.+)_sbx([0-9a-f]{8})$/s;

/**
 * Behind the id of a response, for its caller: which replica keeps it. Engines keep responses to themselves, so only
 * that replica can go on from one; with its mark in the id any worker of any gateway finds it, also after a restart,
 * and there is no table to share, to bound or to lose. `keeperHash` is the replica's `idHash`.
 */
export function keeperMark(keeperHash: number): Buffer {
  return Buffer.from(`_sbx${(keeperHash >>> 0).toString(16).padStart(8, '0')}`);
}

export interface KeptResponse {
  /** As its engine knows it. */
  id: string;
  keeperHash: number;
}

/** Undefined for an id without a mark. */
export function keptResponse(id: string): KeptResponse | undefined {
  const found = marked.exec(id);
  if (found === null) return undefined;
  const [, own = '', hash = ''] = found;
  return { id: own, keeperHash: Number.parseInt(hash, 16) | 0 };
}

/** As the caller knows it. */
export function markedId({ id, keeperHash }: KeptResponse): string {
  return `${id}${keeperMark(keeperHash)}`;
}

/** Marks the ids in the response object that stands between two places. */
export function markIds(bytes: Buffer, start: number, end: number, edits: Edit[], mark: Buffer | undefined): void {
  if (mark === undefined) return;
  for (const key of markedKeys) {
    const found = memberOf(bytes, start, end, key);
    if (found === undefined || bytes[found.valueStart] !== 34) continue;
    edits.push({ at: found.valueEnd - 1, remove: 0, insert: mark });
  }
}
