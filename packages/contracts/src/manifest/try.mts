import { Parser, Composer, LineCounter } from 'yaml';
function time(name: string, text: string) {
  const t = performance.now(); let docs = 0, errs = 0; let e = '';
  try { const lc = new LineCounter();
    const c = new Composer({ merge: false, stringKeys: true, uniqueKeys: false, schema: 'core', lineCounter: lc, prettyErrors: false, resolveKnownTags: false, logLevel:'silent' } as any);
    for (const d of c.compose(new Parser(lc.addNewLine).parse(text), true, text.length)) { docs++; errs += d.errors.length + d.warnings.length; if (d.errors[0] && !e) e = d.errors[0].code + ' ' + d.errors[0].message.slice(0,80); }
  } catch (x) { e = 'THROW ' + String((x as Error).message).slice(0, 80); }
  console.log(name, text.length, Math.round(performance.now() - t) + 'ms', docs, errs, e);
}
const N = Number(process.argv[2] ?? 100000);
time('plain', 'a: b\n'.repeat(0) + Array.from({length: N/10}, (_, i) => `k${i}: value\n`).join(''));
for (const p of ['[', '{', '- ', '? ', 'a: ', '&a ', '!a ', '*a\n', '"', "'", '#\n', '---\n', '...\n', '%A\n', '\n', ' ', '\t', '[a,', '{a: ', '- a\n', '-\n', ',', '|\n', '>', '\r', '!', '@', '*a', ':', ': ', '?\n', 'a:\n ', '}', ']', '\u0085', 'a\n', '%', '\\', 'a #', '- #\n', '"\\u', '!<', '[a\n', 'a:|', ' a\n', '[\n','- [', 'a: [\n'])
  time(JSON.stringify(p), p.repeat(N / p.length));
let ind = ''; for (let i = 0; i * i / 2 < N; i++) ind += ' '.repeat(i) + 'a:\n'; time('indent', ind);
time('open dq', 'a: "' + 'x\n '.repeat(N/3)); time('block', 'a: |\n' + ' x\n'.repeat(N/3)); time('folded', 'a: >\n' + ' x\n'.repeat(N/3)); time('plainml', 'a: x\n' + '  x\n'.repeat(N/4));
time('flowmap', '{' + Array.from({length: N/10}, (_, i) => `k${i}: v`).join(',') + '}');
time('dqnl', 'a: "' + '\n'.repeat(N)+'"'); time('sp', 'a: b' + ' '.repeat(N)+'x'); time('spnl', ('a' + ' '.repeat(100)+'\n').repeat(N/100));time('flowsp', '[' + 'a ' .repeat(N/2)); time('key', 'a'.repeat(N)+': b');
