import { manifestKey } from '@signalbox/contracts';
import { AppError, type ErrorCode, type Manifest, type ManifestMetadata, type Problem } from '@signalbox/domain';
import { type Document, objectKey, placed } from './document.ts';

interface Refusal {
  code: ErrorCode;
  facts: Readonly<Record<string, unknown>>;
  problems: readonly Problem[];
}

/** Gathers everything that is wrong with a set of manifests, so that it is told at once. */
export class Refusals {
  readonly #refusals: Refusal[] = [];
  readonly #refused = new Set<string>();

  add(document: Document, refusal: Refusal): void {
    const problems = refusal.problems.map((problem) => placed(document, problem));
    this.#refusals.push({ ...refusal, problems });
    const { manifest } = document;
    this.#refused.add(objectKey(manifest));
    if (manifest.kind === 'ModelVersion') {
      this.#refused.add(versionKey(manifest.metadata.project, manifest.spec.model, manifest.spec.version));
    }
  }

  /** For problems that have no code of their own. */
  addProblems(document: Document, problems: readonly Problem[]): void {
    this.add(document, { code: 'manifest.invalid', facts: {}, problems });
  }

  /** Left out because something it needs was refused. */
  skip({ manifest }: Document): void {
    this.#refused.add(objectKey(manifest));
  }

  /** True when the set holds the object, and it was refused: that others miss it then is no news. */
  covers(kind: Manifest['kind'], project: string | null, name: string): boolean {
    return this.#refused.has(manifestKey(kind, project, name));
  }

  /** The same for a version that a deployment or a route's shadow wants. */
  missesVersion({ metadata, spec }: WantedVersion): boolean {
    return this.#refused.has(versionKey(metadata.project, spec.model, spec.version));
  }

  copy(): Refusals {
    const copy = new Refusals();
    copy.#refusals.push(...this.#refusals);
    for (const key of this.#refused) copy.#refused.add(key);
    return copy;
  }

  throwIfAny(): void {
    const [first] = this.#refusals;
    if (first === undefined) return;
    const problems = this.#refusals.flatMap((refusal) => refusal.problems);
    const oneKind = this.#refusals.every(({ code }) => code === first.code) && first.code !== 'manifest.invalid';
    if (oneKind) throw new AppError(first.code, first.facts, { problems });
    throw new AppError('manifest.invalid', { count: problems.length }, { problems });
  }
}

interface WantedVersion {
  metadata: Pick<ManifestMetadata, 'project'>;
  spec: { model: string; version: string };
}

function versionKey(project: string | null, model: string, version: string): string {
  return `version ${project ?? ''}/${model}/${version}`;
}
