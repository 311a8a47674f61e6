import { escaped, page, prose } from './html.ts';

interface Parameter {
  name: string;
  in: string;
  required: boolean;
  description?: string;
  schema: Record<string, unknown>;
}

interface DescribedOperation {
  operationId: string;
  tags: string[];
  summary: string;
  description: string;
  parameters?: Parameter[];
  requestBody?: { content: Record<string, { schema: unknown }> };
  responses: Record<string, { content?: Record<string, { schema: unknown }> }>;
}

interface Place {
  method: string;
  path: string;
  operation: DescribedOperation;
}

/** The reference of the API, written from its OpenAPI document. */
export function referencePage(openApi: Record<string, unknown>): string {
  const paths = openApi.paths as Record<string, Record<string, DescribedOperation>>;
  const places = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  );
  const tags = [...new Set(places.flatMap(({ operation }) => operation.tags))];
  const { schemas } = openApi.components as { schemas: Record<string, unknown> };
  return page(
    'API · Signalbox',
    `<p><a href="/">Signalbox</a> · <a href="/docs/errors">Errors</a> · <a href="/openapi.json">OpenAPI 3.1</a></p>
<h1>API</h1>
<p>${tags.map((tag) => `<a href="#${anchor(tag)}">${escaped(tag)}</a>`).join(' · ')} · <a href="#schemas">Schemas</a></p>
${tags.map((tag) => section(tag, places)).join('\n')}
<h2 id="schemas">Schemas</h2>
${Object.entries(schemas).map(schemaBlock).join('\n')}`,
  );
}

function section(tag: string, places: readonly Place[]): string {
  const own = places.filter(({ operation }) => operation.tags.includes(tag));
  return `<h2 id="${anchor(tag)}">${escaped(tag)}</h2>\n${own.map(block).join('\n')}`;
}

function block({ method, path, operation }: Place): string {
  const success = Object.entries(operation.responses).find(([status]) => status !== 'default');
  const parameters = operation.parameters ?? [];
  return `<h3 id="${operation.operationId}"><span class="method">${method}</span> <code>${escaped(path)}</code></h3>
<p>${prose(operation.summary)}. ${prose(operation.description)}</p>
${parameters.length === 0 ? '' : `<table>${parameters.map(parameterRow).join('')}</table>`}
${content('Body', operation.requestBody?.content)}
${content(`Answers ${success?.[0] ?? ''}`, success?.[1].content)}`;
}

function parameterRow({ name, in: place, required, description, schema }: Parameter): string {
  const type = escaped(schema.enum === undefined ? (schema.type ?? '') : (schema.enum as string[]).join(' | '));
  const preset = schema.default === undefined ? '' : `, default <code>${escaped(schema.default)}</code>`;
  return `<tr><td><code>${escaped(name)}</code></td><td>${place}${required ? ', required' : ''}</td>
<td>${type}${preset}</td><td>${prose(description)}</td></tr>`;
}

function content(title: string, byType: Record<string, { schema: unknown }> | undefined): string {
  return Object.entries(byType ?? {})
    .map(([type, { schema }]) => `<p>${escaped(title)}, <code>${type}</code>:</p>${shown(schema)}`)
    .join('');
}

function schemaBlock([name, schema]: [string, unknown]): string {
  return `<h3 id="schema-${escaped(name)}">${escaped(name)}</h3>${shown(schema)}`;
}

function shown(schema: unknown): string {
  const reference = (schema as { $ref?: string }).$ref;
  if (reference !== undefined) return `<p>${link(reference)}</p>`;
  const text = escaped(JSON.stringify(schema, null, 2));
  return `<pre>${text.replace(/#\/components\/schemas\/\w+/g, (found) => link(found))}</pre>`;
}

function link(reference: string): string {
  const name = reference.split('/').at(-1) ?? '';
  return `<a href="#schema-${escaped(name)}">${escaped(name)}</a>`;
}

function anchor(tag: string): string {
  return `tag-${tag.toLowerCase().replace(/\W+/g, '-')}`;
}
