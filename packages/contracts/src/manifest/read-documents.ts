import { Composer, type CST, type Document, Lexer, LineCounter, type ParsedNode, Parser } from 'yaml';
import { MANIFEST_LIMITS } from './limits.ts';
import type { Place } from './source-text.ts';
import { syntaxMessages } from './syntax-messages.ts';

export interface SyntaxProblem {
  offset: number;
  message: string;
}

export interface YamlDocument {
  contents: ParsedNode | null;
  /** Not empty: what stands in `contents` is the parser's guess. */
  problems: readonly SyntaxProblem[];
}

export interface YamlFile {
  documents: readonly YamlDocument[];
  problems: readonly SyntaxProblem[];
  placeOf(offset: number): Place;
}

// Once the structure is broken, later messages are echoes of the first ones.
const problemsPerDocument = 5;
// Comments and empty lines after a document count too.
const mostStrayTokens = 5_000;

interface OpenFile {
  documents: YamlDocument[];
  problems: SyntaxProblem[];
  strayTokens: number;
  firstStray: number | undefined;
}

const composerOptions = {
  version: '1.2',
  schema: 'core',
  merge: false,
  resolveKnownTags: false,
  stringKeys: true,
  // Compares every key with every other: a map of 100,000 keys would take minutes. `plainValue` does it with a set.
  uniqueKeys: false,
  // The pretty ones quote the file.
  prettyErrors: false,
  logLevel: 'silent',
} as const;

/** Text to YAML nodes. Lexer, parser and composer are driven by hand, so that a bound stops them in between. */
export function readDocuments(text: string): YamlFile {
  const lines = new LineCounter();
  lines.addNewLine(0);
  const file: OpenFile = { documents: [], problems: [], strayTokens: 0, firstStray: undefined };
  try {
    compose(text, lines, file);
  } catch {
    // The parser recurses; text that exhausts the stack outside of its own guard ends here.
    file.problems.push({ offset: 0, message: syntaxMessages.IMPOSSIBLE });
  }
  const placeOf = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return [line, col];
  };
  return { documents: file.documents, problems: file.problems, placeOf };
}

function compose(text: string, lines: LineCounter, file: OpenFile): void {
  const parser = new Parser(lines.addNewLine);
  const composer = new Composer(composerOptions);
  let tokens = 0;
  for (const lexeme of new Lexer().lex(text)) {
    tokens += 1;
    if (tokens > MANIFEST_LIMITS.tokensPerFile) {
      file.problems.push({ offset: 0, message: 'the file holds too much: split it into several' });
      return;
    }
    for (const token of parser.next(lexeme)) if (!composeToken(token, composer, file)) return;
  }
  for (const token of parser.end()) if (!composeToken(token, composer, file)) return;
  for (const document of composer.end()) if (!keep(document, file)) return;
}

/** False when nothing further may be read. */
function composeToken(token: CST.Token, composer: Composer, file: OpenFile): boolean {
  if (isHopeless(token, file)) {
    file.problems.push({ offset: file.firstStray ?? token.offset, message: syntaxMessages.IMPOSSIBLE });
    return false;
  }
  for (const document of composer.next(token)) if (!keep(document, file)) return false;
  return true;
}

/**
 * The library makes an Error with a stack for each stray token, 50 µs apiece: a file of nothing else would keep it
 * busy for half a minute.
 */
function isHopeless(token: CST.Token, file: OpenFile): boolean {
  if (token.type === 'document') return (token.end?.length ?? 0) > mostStrayTokens;
  if (token.type !== 'error' && token.type !== 'directive') return false;
  file.firstStray ??= token.offset;
  file.strayTokens += 1;
  return file.strayTokens > mostStrayTokens;
}

function keep(document: Document.Parsed, file: OpenFile): boolean {
  if (file.documents.length === MANIFEST_LIMITS.documentsPerFile) {
    const message = `the file holds more than ${MANIFEST_LIMITS.documentsPerFile} documents: split it into several`;
    file.problems.push({ offset: document.contents?.range[0] ?? document.range[0], message });
    return false;
  }
  file.documents.push({ contents: document.contents, problems: problemsIn(document) });
  return true;
}

/** Warnings too: an unknown tag, or another YAML version, would silently give another value than was meant. */
function problemsIn(document: Document.Parsed): readonly SyntaxProblem[] {
  const found = [...document.errors, ...document.warnings].map(
    ({ pos, code }): SyntaxProblem => ({ offset: pos[0], message: syntaxMessages[code] }),
  );
  if (document.directives.yaml.version !== '1.2') {
    found.push({ offset: document.range[0], message: 'write YAML 1.2: remove the %YAML line' });
  }
  return found.toSorted((a, b) => a.offset - b.offset).slice(0, problemsPerDocument);
}
