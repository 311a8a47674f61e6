import { Composer, type Document, type ErrorCode, Lexer, LineCounter, Parser, type ParsedNode } from 'yaml';
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
  const file = { documents: [] as YamlDocument[], problems: [] as SyntaxProblem[] };
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
  return { ...file, placeOf };
}

function compose(text: string, lines: LineCounter, file: { documents: YamlDocument[]; problems: SyntaxProblem[] }): void {
  const parser = new Parser(lines.addNewLine);
  const composer = new Composer(composerOptions);
  let [tokens, offset] = [0, 0];
  for (const lexeme of new Lexer().lex(text)) {
    tokens += 1;
    if (tokens > MANIFEST_LIMITS.tokensPerFile) {
      file.problems.push({ offset, message: 'the file holds too much: split it into several' });
      return;
    }
    for (const token of parser.next(lexeme)) {
      for (const document of composer.next(token)) if (!keep(document, file)) return;
    }
    offset += lexeme.length;
  }
  for (const token of parser.end()) {
    for (const document of composer.next(token)) if (!keep(document, file)) return;
  }
  for (const document of composer.end()) if (!keep(document, file)) return;
}

/** False when no further document may be kept. */
function keep(document: Document.Parsed, file: { documents: YamlDocument[]; problems: SyntaxProblem[] }): boolean {
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
  const found = [...document.errors, ...document.warnings].map(({ pos, code }) => ({
    offset: pos[0],
    message: syntaxMessages[code satisfies ErrorCode],
  }));
  if (document.directives.yaml.version !== '1.2') {
    found.push({ offset: document.range[0], message: 'write YAML 1.2: remove the %YAML line' });
  }
  return found.toSorted((a, b) => a.offset - b.offset).slice(0, problemsPerDocument);
}
