import { Command } from 'commander';
import { stringify } from 'yaml';
import { KINDS, type KindEntry, kindNamed } from '../../kinds/kinds.ts';
import { asManifest } from '../../manifests/as-manifest.ts';
import type { Session } from '../../session.ts';
import { type Cli, examples, runs } from '../command.ts';

interface Options {
  selector?: string;
}

export function exportCommand(cli: Cli): Command {
  const command = new Command('export')
    .summary('print what there is as manifests')
    .description(
      'Print what there is as manifests that apply takes back; all kinds of the project unless some are named.',
    )
    .argument('[kind...]', 'kinds, as deployments')
    .option('-l, --selector <labels>', 'only objects with these labels (team=support,tier!=free)');
  examples(command, ['signalbox export > everything.yaml', 'signalbox export models routes -p search']);
  return runs<Options>(cli, command, exportManifests);
}

async function exportManifests(session: Session, kinds: readonly string[], options: Options): Promise<void> {
  const { client, project, world } = session;
  for (const entry of wantedKinds(kinds)) {
    const { value } = await entry.list(client, { project, labelSelector: options.selector });
    for (const resource of value.items) {
      world.writeOut(`---\n${stringify(asManifest(resource), { lineWidth: 0 })}`);
    }
  }
}

/** In the order in which kinds refer to each other, whatever order they were named in. */
function wantedKinds(names: readonly string[]): readonly KindEntry[] {
  if (names.length === 0) return KINDS;
  const wanted = names.map(kindNamed);
  return KINDS.filter((entry) => wanted.includes(entry));
}
