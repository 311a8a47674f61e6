import { type ErrorCode, errorCatalogue } from '@signalbox/domain';
import { z } from 'zod';
import type { Operation } from './operation.ts';
import { operations } from './operations.ts';
import { ERROR_CODES, problemSchema, problemType } from './problem.ts';

type JsonSchema = Record<string, unknown>;
type Components = Map<string, JsonSchema>;

/** OpenAPI 3.1 of the whole API, made from the table of operations. Equal tables give equal documents. */
export function openApiDocument(info: { version: string }): Record<string, unknown> {
  const components: Components = new Map();
  const paths: Record<string, Record<string, unknown>> = {};
  for (const [id, operation] of Object.entries<Operation>(operations)) {
    paths[operation.path] = {
      ...paths[operation.path],
      [operation.method.toLowerCase()]: describeOperation(id, operation, components),
    };
  }
  const problem = schemaOf(problemSchema, components);
  return {
    openapi: '3.1.0',
    info: {
      title: 'Signalbox API',
      version: info.version,
      description: `Errors are RFC 9457 problems. Their types:\n\n${ERROR_CODES.map(describeCode).join('\n')}`,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    security: [{ token: [] }],
    paths,
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
      responses: {
        Problem: {
          description: 'What went wrong and what to do',
          content: { 'application/problem+json': { schema: problem } },
        },
      },
      schemas: Object.fromEntries([...components].sort(([a], [b]) => (a < b ? -1 : 1))),
    },
  };
}

function describeCode(code: ErrorCode): string {
  return `* \`${problemType(code)}\`: ${errorCatalogue[code].title}`;
}

function describeOperation(operationId: string, operation: Operation, components: Components): JsonSchema {
  const parameters = [
    ...parametersOf('path', operation.request?.params, components),
    ...parametersOf('query', operation.request?.query, components),
    ...headersOf(operation),
  ];
  return {
    operationId,
    tags: [operation.tag],
    summary: operation.summary,
    description: operation.role === 'any' ? 'Needs a valid token.' : `Needs the role ${operation.role}.`,
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(operation.request?.body === undefined
      ? {}
      : {
          requestBody: {
            required: !operation.request.body.safeParse(undefined).success,
            content: { 'application/json': { schema: schemaOf(operation.request.body, components) } },
          },
        }),
    responses: {
      [operation.successStatus]: answerOf(operation, components),
      ...(operation.mayBeEmpty === true ? { 204: { description: 'There is nothing to say' } } : {}),
      default: problemReference,
    },
  };
}

const problemReference = { $ref: '#/components/responses/Problem' };

function answerOf(operation: Operation, components: Components): JsonSchema {
  if (operation.response === undefined) return { description: 'Done' };
  const contentType = {
    json: 'application/json',
    events: 'text/event-stream',
    lines: 'application/x-ndjson',
    empty: 'text/plain',
  }[operation.answer];
  return {
    description: operation.answer === 'json' ? 'Done' : 'A stream; the schema is that of one item',
    content: { [contentType]: { schema: schemaOf(operation.response, components) } },
  };
}

function parametersOf(place: 'path' | 'query', schema: z.ZodObject | undefined, components: Components): JsonSchema[] {
  return Object.entries(schema?.shape ?? {}).map(([name, field]) => {
    const { description, ...fieldSchema } = schemaOf(field as z.ZodType, components);
    return {
      name,
      in: place,
      required: place === 'path' || !(field as z.ZodType).safeParse(undefined).success,
      ...(description === undefined ? {} : { description }),
      schema: fieldSchema,
    };
  });
}

function headersOf(operation: Operation): JsonSchema[] {
  const header = (name: string, description: string): JsonSchema => ({
    name,
    in: 'header',
    required: false,
    description,
    schema: { type: 'string' },
  });
  return [
    ...(operation.mutating
      ? [header('Idempotency-Key', 'The same key with the same request is carried out once and answered alike')]
      : []),
    ...(operation.conditional === true ? [header('If-Match', 'ETag of what was read; refused when it changed')] : []),
  ];
}

/** Named schemas (`.meta({ id })`) become components and are referred to; the rest stands in place. */
function schemaOf(schema: z.ZodType, components: Components): JsonSchema {
  const {
    $schema: _,
    $defs,
    ...own
  } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any', override: dropNoise }) as JsonSchema & {
    $defs?: Record<string, JsonSchema>;
  };
  for (const [name, definition] of Object.entries($defs ?? {})) addComponent(name, definition, components);
  const { id, ...rest } = own;
  if (typeof id !== 'string') return pointToComponents(own) as JsonSchema;
  addComponent(id, rest, components);
  return { $ref: `#/components/schemas/${id}` };
}

/** The bounds of a JavaScript integer and the long pattern of a date say nothing that type and format don't. */
function dropNoise({ jsonSchema }: { jsonSchema: JsonSchema }): void {
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
  if (jsonSchema.format === 'date-time') delete jsonSchema.pattern;
}

function addComponent(name: string, definition: JsonSchema, components: Components): void {
  const { id: _, ...rest } = definition;
  const schema = pointToComponents(rest) as JsonSchema;
  const before = components.get(name);
  if (before !== undefined && JSON.stringify(before) !== JSON.stringify(schema)) {
    throw new Error(`two schemas are called ${name}`);
  }
  components.set(name, schema);
}

function pointToComponents(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(pointToComponents);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) =>
      key === '$ref' && typeof item === 'string'
        ? [key, item.replace('#/$defs/', '#/components/schemas/')]
        : [key, pointToComponents(item)],
    ),
  );
}
