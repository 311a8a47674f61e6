import type { Problem } from '@signalbox/domain';

/** Line 4 is `spec:`, so what a row writes begins in line 5, indented by two. */
export function manifest(kind: string, spec: string, metadata = 'name: a'): string {
  const lines = spec.split('\n').map((line) => `  ${line}\n`);
  return `apiVersion: signalbox.dev/v1\nkind: ${kind}\nmetadata: { ${metadata} }\nspec:\n${lines.join('')}`;
}

export interface Row {
  name: string;
  text: string;
  want: readonly Problem[];
}

export const rows = (kind: string, table: Record<string, { spec: string; want: readonly Problem[] }>): Row[] =>
  Object.entries(table).map(([name, { spec, want }]) => ({
    name: `${kind}: ${name}`,
    text: manifest(kind, spec),
    want,
  }));

export const deployment = (more: string) => `model: m\nversion: v1\nengine: { name: vllm, version: 0.32.0 }\n${more}`;
export const version = (more: string) => `model: m\nversion: v1\n${more}`;
export const source = (written: string) => version(`source: ${written}`);
