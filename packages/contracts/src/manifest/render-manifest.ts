import type { Manifest, ManifestKind, ManifestSpecs } from '@signalbox/domain';
import type { KindContract } from './kind-contract.ts';
import { kindContracts } from './kinds/index.ts';

/** The way back: a manifest as its author would have written it, with every default spelled out. */
export function renderManifest(manifest: Manifest): Record<string, unknown> {
  const contract = kindContracts[manifest.kind] as unknown as KindContract<ManifestKind>;
  return contract.render(manifest);
}

export function renderManifestSpec<Kind extends ManifestKind>(
  kind: Kind,
  spec: ManifestSpecs[Kind],
): Record<string, unknown> {
  return (kindContracts[kind] as unknown as KindContract<Kind>).renderSpec(spec);
}
