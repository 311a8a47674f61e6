import { MANIFEST_KINDS, type Manifest, type ManifestKind, type Problem } from '@signalbox/domain';
import { duplicateProblems } from './duplicates.ts';
import { describeValue, expectedText } from './expected.ts';
import type { Finding } from './finding.ts';
import { nearestOf } from './findings-of.ts';
import { API_VERSION, type ManifestDefaults } from './kind-contract.ts';
import { kindContracts } from './kinds/index.ts';
import { MANIFEST_LIMITS } from './limits.ts';
import { LocatedDocument, problemAt } from './located-document.ts';
import { readDocuments } from './read-documents.ts';
import { checkSourceText, type Place, type SourceFile } from './source-text.ts';

export type ParsedManifest = Manifest & {
  at: { file: string; line: number };
  /** Line and column of every path that was written; `locate` finds the nearest for those that were not. */
  positions: Readonly<Record<string, Place>>;
};

export type ManifestParsing =
  | { kind: 'parsed'; manifests: readonly ParsedManifest[] }
  | { kind: 'invalid'; problems: readonly Problem[] };

const builtInDefaults: ManifestDefaults = { cluster: 'local', engineVersions: {} };

/**
 * Text to complete manifests, or everything that is wrong with it at once, in the order of the files. Whether what a
 * manifest refers to exists is not asked here: only the control plane knows.
 */
export function parseManifests(
  sources: readonly SourceFile[],
  defaults: Partial<ManifestDefaults> = {},
): ManifestParsing {
  const files = sources.map(readFile);
  const documents = files.flatMap((file) => file.documents);
  const problems = files.flatMap((file) => file.problems);
  const manifests: ParsedManifest[] = [];
  for (const document of documents) {
    const outcome = parseDocument(document, { ...builtInDefaults, ...defaults });
    problems.push(...outcome.problems);
    if (outcome.manifest !== undefined) manifests.push(outcome.manifest);
  }
  problems.push(...duplicateProblems(documents));
  if (documents.length === 0 && problems.length === 0) problems.push(nothingIn(sources));
  if (problems.length === 0) return { kind: 'parsed', manifests };
  return { kind: 'invalid', problems: inOrder(problems, sources) };
}

function readFile({ file, text }: SourceFile): { documents: LocatedDocument[]; problems: Problem[] } {
  const source = checkSourceText(text);
  if (source.kind === 'unreadable') return { documents: [], problems: [problemAt(file, source.at, source.message)] };
  const yaml = readDocuments(source.text);
  const budget = { left: MANIFEST_LIMITS.valuesPerFile };
  const documents = yaml.documents.map((it) => new LocatedDocument(file, it, yaml.placeOf, budget));
  return {
    documents: documents.filter(({ value, syntaxProblems }) => value !== null || syntaxProblems.length > 0),
    problems: yaml.problems.map(({ offset, message }) => problemAt(file, yaml.placeOf(offset), message)),
  };
}

function parseDocument(
  document: LocatedDocument,
  defaults: ManifestDefaults,
): { problems: readonly Problem[]; manifest?: ParsedManifest } {
  if (document.syntaxProblems.length > 0) return { problems: document.syntaxProblems };
  const kind = kindOf(document.value);
  const reading = typeof kind === 'string' ? kindContracts[kind].read(document.value, defaults) : kind;
  if (reading.kind === 'wrong') return { problems: reading.findings.map((it) => document.problem(it)) };
  const at = { file: document.file, line: document.line };
  return { problems: [], manifest: { ...reading.value, at, positions: document.positions() } };
}

/** The kind decides what the rest may be; without one there is little else to say. */
function kindOf(value: unknown): ManifestKind | { kind: 'wrong'; findings: readonly Finding[] } {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const message = `expected a manifest (a map with apiVersion, kind, metadata and spec), got ${describeValue(value, [])}`;
    return { kind: 'wrong', findings: [{ path: [], message }] };
  }
  const { kind, apiVersion } = value as Record<string, unknown>;
  const known = MANIFEST_KINDS.find((it) => it === kind);
  if (known !== undefined) return known;
  const findings = [notOneOf('kind', kind, MANIFEST_KINDS)];
  if (apiVersion !== API_VERSION) findings.push(notOneOf('apiVersion', apiVersion, [API_VERSION]));
  return { kind: 'wrong', findings };
}

function notOneOf(field: string, input: unknown, allowed: readonly string[]): Finding {
  const { error } = expectedText(`one of ${allowed.join(', ')}`);
  const message = error({ code: 'custom', input, path: [field] });
  return { path: [field], message, allowed, ...nearestOf(input, allowed) };
}

function nothingIn(sources: readonly SourceFile[]): Problem {
  const [only] = sources;
  const message = 'there is no manifest here';
  return sources.length === 1 && only !== undefined ? problemAt(only.file, [1, 1], message) : { message };
}

function inOrder(problems: readonly Problem[], sources: readonly SourceFile[]): readonly Problem[] {
  const rank = new Map(sources.map(({ file }, index) => [file, index]));
  const place = ({ file, line, column }: Problem) => [rank.get(file ?? '') ?? -1, line ?? 0, column ?? 0] as const;
  const sorted = problems.toSorted((a, b) => {
    const [left, right] = [place(a), place(b)];
    return left[0] - right[0] || left[1] - right[1] || left[2] - right[2];
  });
  if (sorted.length <= MANIFEST_LIMITS.problems) return sorted;
  const rest = sorted.length - MANIFEST_LIMITS.problems + 1;
  return [...sorted.slice(0, MANIFEST_LIMITS.problems - 1), { message: `and ${rest} more problems` }];
}
