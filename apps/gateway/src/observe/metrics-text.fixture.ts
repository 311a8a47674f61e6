/** Reads Prometheus' text format as strictly as Prometheus does; a value by its series, as it is written. */
export function parseMetrics(text: string): Map<string, number> {
  const values = new Map<string, number>();
  const types = new Map<string, string>();
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const type = /^# TYPE (\w+) (counter|gauge|histogram|summary)$/.exec(line);
    if (type !== null) {
      const [, name = '', kind = ''] = type;
      if (types.has(name)) throw new Error(`${name} is told twice`);
      types.set(name, kind);
      continue;
    }
    if (/^# HELP \w+ \S/.test(line)) continue;
    const [, series = '', name = '', value = ''] =
      /^(([a-zA-Z_:][\w:]*)(?:\{(?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\["\\n])*",?)*\})?) (\S+)$/.exec(line) ?? [];
    if (series === '' || (Number.isNaN(Number(value)) && !/^nan$/i.test(value)))
      throw new Error(`not a series: ${line}`);
    if (!types.has(name) && !types.has(name.replace(/_(?:bucket|sum|count)$/, '')))
      throw new Error(`${name} has no type`);
    if (values.has(series)) throw new Error(`${series} is told twice`);
    values.set(series, Number(value));
  }
  return values;
}
