import { assertNever, type WrittenSource } from '@signalbox/domain';
import type { z } from 'zod';
import { exactlyOne } from '../exactly-one.ts';
import { fields, orNull, text } from '../fields.ts';
import { digest, dottedName, imageReference, secretName } from '../names.ts';
import { withoutNulls } from '../without-nulls.ts';

const huggingFace = fields({
  repo: text('a repository such as meta-llama/Llama-3.1-8B-Instruct', {
    pattern: /^[A-Za-z0-9][A-Za-z0-9._-]{0,95}(\/[A-Za-z0-9][A-Za-z0-9._-]{0,95})?$/,
  }),
  revision: text('a commit, tag or branch', { pattern: /^[A-Za-z0-9][A-Za-z0-9._/-]{0,199}$/ }),
  secret: orNull(secretName),
});

const objectStore = fields({
  uri: text('an address such as s3://bucket/path or gs://bucket/path', {
    pattern: /^(s3|gs):\/\/[a-z0-9][a-z0-9._-]{1,61}[a-z0-9](\/[^\s?#]*)?$/,
  }),
  digest: orNull(digest),
  secret: orNull(secretName),
});

const volumeClaim = fields({
  claim: dottedName('the name of a volume claim', 253),
  path: text('a path in the volume, without ..', { pattern: /^(?!.*(^|\/)\.\.(\/|$)).+$/ }),
  digest: orNull(digest),
});

const choices = {
  huggingFace,
  oci: fields({ reference: imageReference }),
  objectStore,
  volumeClaim,
  localPath: text('a path on the machine'),
};

export const source = exactlyOne(choices, 'a map with one source', (chosen): WrittenSource => {
  switch (chosen.kind) {
    case 'huggingFace':
      return { kind: 'huggingFace', ...chosen.value };
    case 'oci':
      return { kind: 'oci', ...chosen.value };
    case 'objectStore':
      return { kind: 'objectStore', ...chosen.value };
    case 'volumeClaim':
      return { kind: 'volumeClaim', ...chosen.value };
    case 'localPath':
      return { kind: 'localPath', path: chosen.value };
    default:
      return assertNever(chosen);
  }
});

export function renderSource(written: WrittenSource): z.input<typeof source> {
  switch (written.kind) {
    case 'huggingFace': {
      const { repo, revision, secret } = written;
      return { huggingFace: { repo, revision, ...withoutNulls({ secret }) } };
    }
    case 'oci':
      return { oci: { reference: written.reference } };
    case 'objectStore':
      return { objectStore: { uri: written.uri, ...withoutNulls({ digest: written.digest, secret: written.secret }) } };
    case 'volumeClaim': {
      const { claim, path } = written;
      return { volumeClaim: { claim, path, ...withoutNulls({ digest: written.digest }) } };
    }
    case 'localPath':
      return { localPath: written.path };
    default:
      return assertNever(written);
  }
}
