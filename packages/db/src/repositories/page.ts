/** Part of a list in order of name. `after` is the last name of the part before. */
export interface NamePage {
  after?: string | undefined;
  limit: number;
}

/** Part of a list by sequence number, newest first. `before` is the lowest of the part before. */
export interface SequencePage {
  before?: number | undefined;
  limit: number;
}
