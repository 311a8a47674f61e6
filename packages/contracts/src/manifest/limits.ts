/** Bounds of what is read at all. A file beyond them is refused before anything is built from it. */
export const MANIFEST_LIMITS = {
  fileBytes: 5 * 1024 * 1024,
  documentsPerFile: 1_000,
  /** Words and signs of YAML: bounds the time that reading takes, which grows with these and not with bytes. */
  tokensPerFile: 400_000,
  /** Values after aliases were followed: a few hundred bytes of nested aliases can stand for billions. */
  valuesPerFile: 200_000,
  depth: 50,
  /** Beyond these the list helps nobody; the last one says that there are more. */
  problems: 1_000,
} as const;
