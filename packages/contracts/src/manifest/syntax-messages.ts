import type { ErrorCode } from 'yaml';

/** Our own words for what the YAML parser found: its messages quote the file, and files may hold secrets. */
export const syntaxMessages = {
  ALIAS_PROPS: 'an alias takes neither tag nor anchor',
  BAD_ALIAS: 'this anchor or alias is not written correctly',
  BAD_COLLECTION_TYPE: 'this tag does not fit its value',
  BAD_DIRECTIVE: 'this % line is not a valid YAML directive',
  BAD_DQ_ESCAPE: 'this is no escape sequence of double quotes; write \\\\ for a backslash, or use single quotes',
  BAD_INDENT: 'the indentation does not fit: align this with its neighbours, using spaces',
  BAD_PROP_ORDER: 'tag and anchor come before the value',
  BAD_SCALAR_START: 'a value cannot start with this character: put it in quotes',
  BLOCK_AS_IMPLICIT_KEY: 'a map cannot start here: give it its own line, or put text that contains ": " in quotes',
  BLOCK_IN_FLOW: 'inside brackets, lists are written […] and maps {…}',
  DUPLICATE_KEY: 'this field is written twice',
  IMPOSSIBLE: 'this cannot be read as YAML',
  KEY_OVER_1024_CHARS: 'a key is longer than 1,024 characters, or a quote is not closed',
  MISSING_CHAR: 'a character is missing: look for an open quote or bracket, a comma, or a colon after a key',
  MULTILINE_IMPLICIT_KEY: 'a key stands on one line: look for a missing colon or a wrong indentation',
  MULTIPLE_ANCHORS: 'a value has one anchor at most',
  MULTIPLE_DOCS: 'documents are separated by a line of ---',
  MULTIPLE_TAGS: 'a value has one tag at most',
  NON_STRING_KEY: 'a key must be text',
  RESOURCE_EXHAUSTION: 'this is nested too deeply',
  TAB_AS_INDENT: 'a tab cannot indent: use spaces',
  TAG_RESOLVE_FAILED: 'tags such as !name are not supported: write the value itself',
  UNEXPECTED_TOKEN: 'this was not expected here: look at the line before it, and at quotes and brackets',
} as const satisfies Record<ErrorCode, string>;
