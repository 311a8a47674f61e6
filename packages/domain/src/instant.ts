/** Milliseconds since the Unix epoch. Domain code never reads a clock: `now` is an argument. */
export type Instant = number;
