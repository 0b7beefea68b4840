/** Which events the sandbox is to keep, so that it can be asked about them: each until it is freed as often as it was held. */
import { chainOf } from './ancestry.js';
import type { EventRecord } from './store.js';
import type { Supervisor } from './supervisor.js';

export class Holds {
  /** Events that the present sandbox holds. */
  readonly #held = new Set<EventRecord>();
  #generation = 0;

  constructor(private readonly supervisor: Supervisor) {}

  /** Number of the present sandbox: what an earlier one has held, nobody has to free. */
  get generation(): number {
    return this.#generation;
  }

  /** Makes sure the sandbox knows the event. */
  hold(record: EventRecord): void {
    this.supervisor.message({ t: 'restore', chain: chainOf(record), deliver: [] });
    this.held(record);
  }

  /** The sandbox has held the event of its own. */
  held(record: EventRecord): void {
    record.held++;
    this.#held.add(record);
  }

  free(record: EventRecord): void {
    if (record.held === 0) return;
    if (--record.held === 0) this.#held.delete(record);
    this.supervisor.sendAlong(`F${record.n}\n`);
  }

  /** There is a new sandbox, which holds nothing. */
  clear(): void {
    this.#generation++;
    for (const record of this.#held) record.held = 0;
    this.#held.clear();
  }
}
