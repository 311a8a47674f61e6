import { existsSync, realpathSync } from 'node:fs';
import path from 'node:path';
import type { ImageFile } from '../../packages/testkit/src/kubernetes/image-files.ts';
import { librariesOf } from '../../packages/testkit/src/kubernetes/image-libraries.ts';

/** Where every image has its Node: the path in the first line of a program's launcher. */
export const nodePath = '/usr/local/bin/node';

/** The user as whom everything runs; a number, so that Kubernetes can tell that it is not root. */
export const user = { name: 'signalbox', id: 65532 } as const;

const certificates = '/etc/ssl/certs/ca-certificates.crt';

/** All that is below the programs: Node, the libraries it is linked to, and the few files that those look for. */
export async function baseFiles(repository: string): Promise<ImageFile[]> {
  const node = realpathSync(path.join(repository, 'node_modules/node/bin/node'));
  return [
    { path: nodePath, copyOf: node, mode: 0o755 },
    ...(await librariesOf(node)),
    ...(existsSync(certificates) ? [{ path: certificates, copyOf: realpathSync(certificates) }] : []),
    { path: '/etc/passwd', content: accounts(({ name, id }) => `${name}:x:${id}:${id}::/nonexistent:/sbin/nologin`) },
    { path: '/etc/group', content: accounts(({ name, id }) => `${name}:x:${id}:`) },
    { path: '/etc/nsswitch.conf', content: 'hosts: files dns\n' },
    { path: '/tmp', directory: true, mode: 0o1777 },
  ];
}

function accounts(line: (account: { name: string; id: number }) => string): string {
  return [{ name: 'root', id: 0 }, user].map((account) => `${line(account)}\n`).join('');
}
