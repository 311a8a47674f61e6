/** Marks a branch the compiler has proven unreachable; throws if an unchecked value gets here all the same. */
export function assertNever(value: never): never {
  throw new Error(`unexpected value: ${JSON.stringify(value)}`);
}
