import { applyOperations } from './apply.ts';
import { explainOperations } from './explain.ts';
import { gatewayOperations } from './gateways.ts';
import { installationOperations } from './installation.ts';
import { keyOperations } from './keys.ts';
import type { Operation, ParsedRequestOf, RequestOf, ResponseOf } from './operation.ts';
import { recordOperations } from './records.ts';
import { replicaOperations } from './replicas.ts';
import { resourceOperations } from './resources.ts';
import { revisionOperations } from './revisions.ts';
import { rolloutOperations } from './rollouts.ts';
import { tokenOperations } from './tokens.ts';
import { usageOperations } from './usage.ts';

/** Every operation of the API by its id. The client, the routing and the OpenAPI document are made from this. */
export const operations = {
  ...applyOperations,
  ...resourceOperations,
  ...revisionOperations,
  ...rolloutOperations,
  ...replicaOperations,
  ...explainOperations,
  ...keyOperations,
  ...tokenOperations,
  ...recordOperations,
  ...gatewayOperations,
  ...usageOperations,
  ...installationOperations,
} as const satisfies Record<string, Operation>;

export type Operations = typeof operations;
export type OperationId = keyof Operations;

/** What a caller of an operation passes. */
export type ApiRequest<Id extends OperationId> = RequestOf<Operations[Id]>;
/** What its handler gets. */
export type ParsedApiRequest<Id extends OperationId> = ParsedRequestOf<Operations[Id]>;
/** What it answers: one document, or each item of a stream. */
export type ApiResponse<Id extends OperationId> = ResponseOf<Operations[Id]>;
