/** Rules that no linter has: one word per thing, and clocks, randomness and the environment only in `runtime`. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

interface Rule {
  name: string;
  pattern: RegExp;
  files: RegExp;
  except: RegExp;
}

const tests = /\.(test|fixture)\.ts$|^(packages\/testkit|e2e|bench|scripts)\/|\/(testing|conformance)/;
const rules: readonly Rule[] = [
  {
    name: 'time and randomness come from runtime (Clock, newId, newToken)',
    pattern: /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\brandomUUID\(|\brandomBytes\(|\bperformance\.now\(/,
    files: /^(apps|packages)\/.*\.ts$/,
    except: new RegExp(`${tests.source}|^packages/runtime/|/main\\.ts$`),
  },
  {
    name: 'process.env is read in runtime and in main.ts only',
    pattern: /\bprocess\.env\b/,
    files: /^(apps|packages)\/.*\.ts$/,
    except: new RegExp(`${tests.source}|^packages/runtime/|/main\\.ts$`),
  },
  {
    name: 'the words of ARCHITECTURE.md: no rival names in identifiers',
    pattern: /\b\w*(?:Tenant|Upstreams?Pool|Utils|Helpers?)\b/,
    files: /^(apps|packages)\/.*\.ts$/,
    except: /kubernetes\/|\.test\.ts$|golden/,
  },
  {
    name: 'no folder or file named after nothing',
    pattern: /$^/,
    files: /(^|\/)(utils?|common|helpers?|misc)(\/|\.ts$)/,
    except: /$^/,
  },
];

const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { encoding: 'utf8' })
  .split('\n')
  .filter(Boolean);
const found: string[] = [];
for (const rule of rules) {
  for (const file of files.filter((path) => rule.files.test(path) && !rule.except.test(path))) {
    if (rule.pattern.source === '$^') {
      found.push(`${file}: ${rule.name}`);
      continue;
    }
    for (const [index, line] of readFileSync(file, 'utf8').split('\n').entries()) {
      if (/^\s*(\*|\/\/|\/\*)/.test(line)) continue;
      if (rule.pattern.test(line)) found.push(`${file}:${index + 1}: ${rule.name}: ${line.trim()}`);
    }
  }
}
for (const line of found) console.log(line);
process.exitCode = found.length === 0 ? 0 : 1;
