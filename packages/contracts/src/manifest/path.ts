export type Path = readonly (string | number)[];

/** As people write it: `spec.rollout.steps[1].weight`. Dots in keys stay as they are: `metadata.labels.example.com/team`. */
export function formatPath(path: Path): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    if (!isPlainKey(part)) return `${text}[${JSON.stringify(part)}]`;
    return text === '' ? part : `${text}.${part}`;
  }, '');
}

/** The path one level up; undefined at the top. A key with dots takes several calls, which does no harm. */
export function parentPath(path: string): string | undefined {
  if (path === '') return undefined;
  return path.slice(0, Math.max(0, path.search(/(?:\.|^)[^.[\]]+$|\[(?:\d+|"(?:[^"\\]|\\.)*")\]$/)));
}

function isPlainKey(key: string): boolean {
  return /^[^\s"[\]\p{C}]+$/u.test(key);
}
