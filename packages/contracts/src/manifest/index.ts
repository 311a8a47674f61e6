export { API_VERSION, type ManifestDefaults } from './kind-contract.ts';
export { MANIFEST_LIMITS } from './limits.ts';
export { locate, locateProblem } from './locate.ts';
export { manifestJsonSchema } from './manifest-json-schema.ts';
export { manifestKey } from './manifest-key.ts';
export { type ManifestParsing, type ParsedManifest, parseManifests } from './parse-manifests.ts';
export { renderManifest, renderManifestSpec } from './render-manifest.ts';
