/** The same body with another model name; every other byte stays. */
export function spliceModel(body: Buffer, at: { valueStart: number; valueEnd: number }, name: string): Buffer {
  const value = Buffer.from(JSON.stringify(name));
  if (value.equals(body.subarray(at.valueStart, at.valueEnd))) return body;
  return Buffer.concat([body.subarray(0, at.valueStart), value, body.subarray(at.valueEnd)]);
}
