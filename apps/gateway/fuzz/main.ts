/** `npm run fuzz`: the gateway's hand-written readers beside Node's own, until the time is over. */
import { mkdirSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { addToCorpus, corpusDir, escaped } from './corpus.ts';
import { casesPerBatch, type Found, fuzzBatch, subjects } from './fuzz.ts';

const usage = `npm run fuzz -- [--seconds N] [--seed S] [--only callers|engines|bodies] [--keep]

  --seconds N   how long (default 60)
  --seed S      repeats a run: the same cases in the same order
  --keep        adds minimised differences to the corpus, which the tests replay`;
const mostFound = 20;
const progressEveryMs = 60_000;

function readArguments() {
  const options = {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string' },
    only: { type: 'string' },
    keep: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  } as const;
  const { values } = parseArgs({ options });
  const seconds = Number(values.seconds);
  const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
  if (!Number.isFinite(seconds) || !Number.isInteger(seed)) throw new TypeError('--seconds and --seed take numbers');
  return { ...values, seconds, seed };
}

async function main(): Promise<number> {
  const { seconds, seed, only, keep, help } = readArguments();
  if (help) {
    console.log(usage);
    return 0;
  }
  const chosen = subjects().filter(({ name }) => only === undefined || name === only);
  if (chosen.length === 0) throw new TypeError(`there is nothing called ${only}`);
  console.log(`${new Date().toISOString()} seed ${seed}, ${seconds} s, Node ${process.version}`);
  const started = performance.now();
  const counts = new Map(chosen.map(({ name }) => [name, 0]));
  const different = new Set<string>();
  let differences = 0;
  let saidAt = started;
  const say = (): void => {
    const passed = (performance.now() - started) / 1_000;
    const cases = [...counts.values()].reduce((sum, count) => sum + count, 0);
    const each = chosen.map(({ name, taken }) => `${name} ${counts.get(name)}, of them taken ${taken}`).join('; ');
    const rate = Math.round(cases / passed);
    console.log(
      `${new Date().toISOString()} ${passed.toFixed(0)} s: ${cases} cases (${each}), ${rate} a second, ${differences} differences`,
    );
  };
  for (
    let from = 0;
    performance.now() - started < seconds * 1_000 && different.size < mostFound;
    from += casesPerBatch
  ) {
    for (const subject of chosen) {
      const found = await fuzzBatch(subject, seed, from);
      counts.set(subject.name, (counts.get(subject.name) ?? 0) + casesPerBatch);
      differences += found.length;
      for (const each of found) if (tell(each, different) && keep) keepCase(each, seed);
    }
    if (performance.now() - saidAt < progressEveryMs) continue;
    saidAt = performance.now();
    say();
  }
  for (const subject of chosen) subject.close();
  say();
  if (different.size >= mostFound) console.log(`Stopped early: ${mostFound} different cases are enough to begin with.`);
  return differences === 0 ? 0 : 1;
}

/** Whether it is new: many a random case comes down to the same few bytes. */
function tell({ subject, index, difference, smallest }: Found, known: Set<string>): boolean {
  const text = escaped(smallest.bytes);
  if (known.has(text)) return false;
  known.add(text);
  console.log(
    `\n${subject}, case ${index}: ${difference}\n${text}\n  reads end at ${smallest.cuts.join(' ') || 'the end'}\n`,
  );
  return true;
}

function keepCase({ subject, index, difference, smallest }: Found, seed: number): void {
  mkdirSync(corpusDir, { recursive: true });
  const [about = ''] = difference.split('\n');
  addToCorpus(corpusDir, `${subject}-${seed}-${index}.txt`, about.slice(0, 100), subject, smallest);
}

process.exitCode = await main();
