/**
 * What a `WorkloadSpec`'s arguments and environment may leave open until a replica has its place: `{host}`, `{port}`,
 * `{gpus}` (comma-separated indices; empty where the cluster itself hands out devices), and whatever else the cluster
 * knows by name.
 */
export type Placeholders = Readonly<Record<string, string>> & { host: string; port: string; gpus: string };

export function fillPlaceholders(text: string, values: Placeholders): string {
  // One pass, so that a value which looks like a placeholder is not filled again; unknown braces are left alone,
  // since engines take JSON arguments.
  return text.replace(/\{(\w+)\}/g, (whole, name: string) =>
    Object.hasOwn(values, name) ? (values[name] ?? whole) : whole,
  );
}

export function fillAll(env: Readonly<Record<string, string>>, values: Placeholders): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(env).map(([name, value]) => [name, fillPlaceholders(value, values)]));
}
