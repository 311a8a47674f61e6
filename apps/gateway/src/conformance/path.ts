/** Which of the two servers reads callers' requests; whoever calls must not be able to tell. */
export interface Path {
  readonly fastPath: boolean;
}
