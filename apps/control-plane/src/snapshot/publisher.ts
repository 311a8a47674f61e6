import { type Database, repositories, type SnapshotNumber, snapshotChannel, snapshotInputs } from '@signalbox/db';
import type { DeploymentId, ReplicaId, Snapshot, SnapshotLimit } from '@signalbox/domain';
import type { Logger } from '@signalbox/runtime';
import { buildSnapshot } from './build-snapshot.ts';
import type { SnapshotStreams } from './snapshot-streams.ts';

/**
 * Builds the newest snapshot and pushes it down every open stream: when the database says that the number rose, and at
 * once when this process raised it itself. One build at a time; what comes meanwhile is served by the next.
 */
export class SnapshotPublisher {
  readonly #db: Database;
  readonly #streams: SnapshotStreams;
  readonly #log: Logger;
  #published: Snapshot | undefined;
  #deploymentOf = new Map<ReplicaId, DeploymentId>();
  #limitOf = new Map<string, SnapshotLimit>();
  #building: Promise<void> | undefined;
  #again = false;
  #subscription: { stop(): void } | undefined;

  constructor(options: { db: Database; streams: SnapshotStreams; log: Logger }) {
    this.#db = options.db;
    this.#streams = options.streams;
    this.#log = options.log;
  }

  async start(): Promise<void> {
    this.#subscription = await this.#db.listen(snapshotChannel, () => void this.refresh());
    await this.refresh();
  }

  async stop(): Promise<void> {
    this.#subscription?.stop();
    await this.#building;
  }

  /** What was last published, if anything was. */
  get newest(): SnapshotNumber | undefined {
    return this.#published;
  }

  /** Whose replica this is, as of the newest snapshot. */
  deploymentOf(replica: ReplicaId): DeploymentId | undefined {
    return this.#deploymentOf.get(replica);
  }

  /** The limit of this id, as of the newest snapshot. */
  limitOf(id: string): SnapshotLimit | undefined {
    return this.#limitOf.get(id);
  }

  /** Resolves when a snapshot that was read after this call is on its way. */
  refresh(): Promise<void> {
    if (this.#building === undefined) {
      this.#building = this.#build().finally(() => {
        this.#building = undefined;
      });
      return this.#building;
    }
    this.#again = true;
    return this.#building.then(() => (this.#again ? this.refresh() : this.#building));
  }

  async #build(): Promise<void> {
    this.#again = false;
    try {
      const inputs = await snapshotInputs(this.#db);
      const snapshot = buildSnapshot(inputs);
      const last = this.#published;
      if (last?.epoch === snapshot.epoch && last.number === snapshot.number) {
        if (last.hash !== snapshot.hash) await this.#renumber();
        return;
      }
      const owners = new Map(inputs.revisions.map((revision) => [revision.id, revision.deploymentId]));
      this.#deploymentOf = new Map(
        inputs.replicas.flatMap(({ id, revisionId }) => {
          const owner = owners.get(revisionId);
          return owner === undefined ? [] : [[id, owner] as const];
        }),
      );
      const limits = [...snapshot.routes, ...snapshot.keys].flatMap((owner) => owner.limits ?? []);
      this.#limitOf = new Map(limits.map((limit) => [limit.id, limit]));
      this.#published = snapshot;
      this.#streams.publish(snapshot);
      this.#log.info('snapshot published', { epoch: snapshot.epoch, number: snapshot.number, hash: snapshot.hash });
    } catch (error) {
      // Gateways go on with what they have; the next change or resync tries again.
      this.#log.warn('the snapshot could not be built', { error });
    }
  }

  /** Something changed without a new number: gateways would take the same number with another hash for an alarm. */
  async #renumber(): Promise<void> {
    this.#log.warn('the snapshot changed without a new number; it gets one now');
    await repositories(this.#db).snapshotState.bump();
  }
}
