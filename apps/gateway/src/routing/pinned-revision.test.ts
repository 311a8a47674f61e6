import { describe, expect, test } from '@jest/globals';
import { type Pinned, pinnedRevision, type WantedRevision } from './pinned-revision.ts';

const revisions = [
  { revisionId: 'id-7', deployment: 'chat', revision: 7, version: 'v1', versionDigest: 'sha256:1' },
  { revisionId: 'id-9', deployment: 'chat', revision: 9, version: 'v1', versionDigest: 'sha256:1' },
  { revisionId: 'id-8', deployment: 'chat', revision: 8, version: 'v2', versionDigest: 'sha256:2' },
];
const revision = (revisionId: string): Pinned => ({ kind: 'revision', revisionId });

describe('pinning a caller to a revision', () => {
  test.each<{ name: string; wanted: WantedRevision; mayPin?: boolean; want: Pinned }>([
    { name: 'who asks for nothing gets the split', wanted: {}, want: { kind: 'none' } },
    { name: 'nor does a key need leave for that', wanted: {}, mayPin: false, want: { kind: 'none' } },
    { name: 'a key without leave may not', wanted: { revision: '7' }, mayPin: false, want: { kind: 'forbidden' } },
    { name: 'by number', wanted: { revision: '7' }, want: revision('id-7') },
    { name: 'by the name that answers give', wanted: { revision: 'chat/8' }, want: revision('id-8') },
    { name: 'by id', wanted: { revision: 'id-9' }, want: revision('id-9') },
    { name: 'by version', wanted: { version: 'v2' }, want: revision('id-8') },
    { name: "by the version's digest", wanted: { version: 'sha256:2' }, want: revision('id-8') },
    { name: 'the newest of a version', wanted: { version: 'v1' }, want: revision('id-9') },
    { name: 'both', wanted: { revision: '7', version: 'v1' }, want: revision('id-7') },
    { name: 'both, which contradict each other', wanted: { revision: '7', version: 'v2' }, want: { kind: 'unknown' } },
    { name: 'a number that is not there', wanted: { revision: '6' }, want: { kind: 'unknown' } },
    { name: "another deployment's", wanted: { revision: 'code/8' }, want: { kind: 'unknown' } },
    { name: 'an empty name is no wildcard', wanted: { revision: '' }, want: { kind: 'unknown' } },
  ])('$name', ({ wanted, mayPin = true, want }) => {
    expect(pinnedRevision(revisions, wanted, mayPin)).toEqual(want);
  });
});
