/** Deliveries of a debug run that wait for their turn. */
import type { EventRecord } from './store.js';

export interface Delivery {
  readonly record: EventRecord;
  /** Ordinal among the event's targets. */
  readonly d: number;
}

export interface QueueLimits {
  /** Deliveries that may wait, and characters of their data. */
  readonly maxQueue: number;
  readonly maxSize: number;
}

export class DeliveryQueue {
  /** The first one is at #head. */
  #queue: Delivery[] = [];
  #head = 0;
  /** Characters of data that wait. */
  #size = 0;
  /** Those that go before all others. */
  #front: Delivery[] = [];

  constructor(private readonly limits: QueueLimits) {}

  get length(): number {
    return this.#queue.length - this.#head + this.#front.length;
  }

  /** All deliveries of an event. `front`: they go on before all that waits. False: too many wait. */
  add(record: EventRecord, front: boolean): boolean {
    const { maxQueue, maxSize } = this.limits;
    const { json, targets } = record;
    if (this.length + targets.length > maxQueue) return false;
    const size = json.length * targets.length;
    if (this.#size + size > maxSize && this.length > 0) return false;
    this.#size += size;
    const deliveries = targets.map((_, d) => ({ record, d }));
    if (front) this.#front.push(...deliveries);
    else this.#queue.push(...deliveries);
    return true;
  }

  take(): Delivery | undefined {
    const delivery = this.#front.shift() ?? this.#takeOldest();
    if (delivery) this.#size -= delivery.record.json.length;
    return delivery;
  }

  #takeOldest(): Delivery | undefined {
    const delivery = this.#queue[this.#head];
    if (!delivery) return undefined;
    this.#head++;
    if (this.#head >= 1024 && this.#head * 2 > this.#queue.length) {
      this.#queue = this.#queue.slice(this.#head);
      this.#head = 0;
    }
    return delivery;
  }
}
