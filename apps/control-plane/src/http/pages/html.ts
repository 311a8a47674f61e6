const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

export function escaped(text: unknown): string {
  return String(text ?? '').replace(/[&<>"']/g, (character) => entities[character] ?? '');
}

/** Text with `code` in backticks. */
export function prose(text: unknown): string {
  return escaped(text).replace(/`([^`]+)`/g, '<code>$1</code>');
}

/** One page, complete in itself: no script, no font, no image from elsewhere. */
export function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escaped(title)}</title><style>
:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:0 auto;padding:1.5rem}
code,pre{font-family:ui-monospace,monospace;font-size:.9em}
pre{overflow-x:auto;padding:.75rem;border:1px solid #8886;border-radius:6px}
table{border-collapse:collapse;width:100%;margin:.5rem 0}
td,th{text-align:left;vertical-align:top;padding:.25rem .75rem .25rem 0;border-bottom:1px solid #8883}
h2{margin-top:2.5rem}h3{margin-top:2rem}.method{font-weight:700}
</style></head><body>
${body}
</body></html>
`;
}
