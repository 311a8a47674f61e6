export interface ConsoleCommand {
  command: string;
  /** Lines the reader is promised; numbers may differ. */
  promised: readonly string[];
}

/** The commands of a page's `console` blocks, in order, each with the output shown under it. */
export function consoleCommands(markdown: string): readonly ConsoleCommand[] {
  const blocks = [...markdown.matchAll(/```console\n([\s\S]*?)```/g)].map(([, block]) => block ?? '');
  return blocks.flatMap((block) =>
    block
      .split(/^\$ /m)
      .slice(1)
      .map((entry) => {
        const [command = '', ...promised] = entry.trimEnd().split('\n');
        return { command, promised: promised.filter((line) => line !== '') };
      }),
  );
}

/** What of two lines must be the same: words, not numbers, spaces or times. */
export function words(text: string): string {
  return text
    .replace(/\d+(\.\d+)?(ms|s|m|h)?\b/g, '#')
    .replace(/\s+/g, ' ')
    .trim();
}
