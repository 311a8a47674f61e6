// Clients write `"` in a file's name as `%22` or `\"`; in the name of a field neither is needed.
const parameter = /;[ \t]*([A-Za-z0-9_*-]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s";\\]*))[ \t]*/y;

/**
 * The name in a `Content-Disposition: form-data`, and whether the field is a file. Undefined for what one parser may
 * read as another name than the next: a name given twice, in another encoding or with escapes.
 */
export function dispositionName(value: string): { name: string; hasFile: boolean } | undefined {
  if (!/^form-data[ \t]*;/i.test(value)) return undefined;
  parameter.lastIndex = value.indexOf(';');
  let name: string | undefined;
  let hasFile = false;
  while (parameter.lastIndex < value.length) {
    const found = parameter.exec(value);
    if (found === null) return undefined;
    const key = (found[1] as string).toLowerCase();
    const text = found[2] ?? found[3] ?? '';
    if (key === 'name') {
      if (name !== undefined || !/^[\w.[\]-]+$/.test(text)) return undefined;
      name = text;
    } else if (key === 'name*') return undefined;
    else if (key === 'filename' || key === 'filename*') hasFile = true;
  }
  return name === undefined ? undefined : { name, hasFile };
}
