import { z } from 'zod';
import { flag, instant, pageOf, pageQuery, projectQuery } from './fields.ts';
import type { Operation } from './operation.ts';

export const ledgerEntry = z
  .object({
    seq: z.number().int(),
    at: instant,
    project: z.string().nullable(),
    actor: z.string(),
    kind: z.string().describe('`deployment.applied`, `rollout.started`, `rollout.rolledBack` …'),
    subject: z.object({ kind: z.string(), name: z.string(), id: z.string() }),
    reason: z.string().nullable(),
    evidence: z.record(z.string(), z.unknown()),
    previousHash: z.string(),
    hash: z.string(),
  })
  .meta({ id: 'LedgerEntry' });

export const ledgerCheck = z
  .object({
    intact: z.boolean(),
    checked: z.number().int(),
    broken: z
      .object({ project: z.string().nullable(), seq: z.number().int(), message: z.string() })
      .nullable()
      .describe('The first entry that does not follow from the one before it'),
    heads: z
      .array(z.object({ project: z.string().nullable(), entries: z.number().int(), hash: z.string() }))
      .describe('Newest hash of each chain: kept elsewhere, it shows that nothing was cut off'),
  })
  .meta({ id: 'LedgerCheck' });

export const changeEvent = z
  .object({
    seq: z.number().int(),
    at: instant,
    kind: z.string(),
    project: z.string().nullable(),
    id: z.string(),
    name: z.string(),
    change: z.enum(['created', 'updated', 'deleted', 'status']),
    message: z.string().nullable(),
  })
  .meta({ id: 'ChangeEvent' });

const ledgerFilter = z.strictObject({
  ...projectQuery.shape,
  installation: flag.default(false).describe('What belongs to no project, in place of the project’s entries'),
  subject: z.string().min(1).max(253).optional().describe('Name of what the entries are about'),
  kind: z.string().min(1).max(100).optional(),
});

export const recordOperations = {
  listLedger: {
    method: 'GET',
    path: '/v1/ledger',
    tag: 'Ledger',
    summary: 'Who decided what, when and why; newest first',
    role: 'viewer',
    request: { query: z.strictObject({ ...ledgerFilter.shape, ...pageQuery.shape }) },
    answer: 'json',
    response: pageOf(ledgerEntry),
    successStatus: 200,
    mutating: false,
  },
  verifyLedger: {
    method: 'GET',
    path: '/v1/ledger/verify',
    tag: 'Ledger',
    summary: 'Recompute the chain of hashes',
    role: 'viewer',
    request: {
      query: z.strictObject({ project: z.string().min(1).max(253).optional().describe('All chains unless given') }),
    },
    answer: 'json',
    response: ledgerCheck,
    successStatus: 200,
    mutating: false,
  },
  exportLedger: {
    method: 'GET',
    path: '/v1/ledger/export',
    tag: 'Ledger',
    summary: 'All entries as JSON lines, oldest first',
    role: 'viewer',
    request: { query: ledgerFilter },
    answer: 'lines',
    response: ledgerEntry,
    successStatus: 200,
    mutating: false,
  },
  watchEvents: {
    method: 'GET',
    path: '/v1/events',
    tag: 'Events',
    summary:
      'Changes as they happen. `ready` tells the place where the stream starts, `change` carries one change, `reset` means that changes were missed: read again',
    role: 'viewer',
    request: {
      query: z.strictObject({
        project: z.string().min(1).max(253).optional().describe('Only this project and the installation’s own kinds'),
        after: z.coerce.number().int().min(0).optional().describe('`seq` of the last change seen; or Last-Event-ID'),
      }),
    },
    answer: 'events',
    response: changeEvent,
    successStatus: 200,
    mutating: false,
  },
} as const satisfies Record<string, Operation>;
