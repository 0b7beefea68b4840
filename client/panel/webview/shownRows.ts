/** The rows of a run as they come in, and those that the list shows: which pass the filter and are not cleared away. */
import { isFiltering, matcher, NO_FILTER, type Filter } from '../model/filter.js';
import type { Row } from '../model/row.js';
import { RunModel } from '../model/runModel.js';

/** Rows that are taken over in one frame. */
const FRAME_ROWS = 10_000;

export class ShownRows {
  /** Of all rows that are taken over. */
  model = new RunModel();
  /** Rows that have come in and are not taken over yet. */
  private waiting: Row[] = [];
  private passed: Row[] = [];
  /** Numbers of rows whose whole data holds the text of the filter. */
  private hits = new Set<number>();

  /** @param cleared number of the last row that is cleared away */
  constructor(
    private wanted: Filter = NO_FILTER,
    private cleared = 0,
  ) {}

  /** Those that the list shows. */
  get rows(): readonly Row[] {
    return this.passed;
  }

  get filter(): Filter {
    return this.wanted;
  }

  get clearedTo(): number {
    return this.cleared;
  }

  get waitingCount(): number {
    return this.waiting.length;
  }

  /** Some rows may be left out. */
  get isPart(): boolean {
    return isFiltering(this.wanted) || this.cleared > 0;
  }

  /** For another run. */
  reset(filter: Filter, cleared: number): void {
    this.model = new RunModel();
    this.waiting = [];
    this.passed = [];
    this.hits = new Set();
    this.wanted = filter;
    this.cleared = cleared;
  }

  receive(rows: readonly Row[], hits: readonly number[]): void {
    for (const row of rows) this.waiting.push(row);
    for (const seq of hits) this.hits.add(seq);
  }

  /** Takes over what has come in, as much as a frame has room for; [] when there is nothing. */
  takeOver(): readonly Row[] {
    const rows = this.waiting.length > FRAME_ROWS ? this.waiting.splice(0, FRAME_ROWS) : this.waiting;
    if (rows.length === 0) return rows;
    if (rows === this.waiting) this.waiting = [];
    const passes = this.passes();
    if (this.model.append(rows)) this.passed = this.model.rows.filter(this.passes());
    else for (const row of rows) if (passes(row)) this.passed.push(row);
    return rows;
  }

  setFilter(filter: Filter, cleared = this.cleared): void {
    this.wanted = filter;
    this.cleared = cleared;
    this.refilter();
  }

  setHits(hits: readonly number[]): void {
    this.hits = new Set(hits);
    this.refilter();
  }

  clear(): void {
    this.setFilter(this.wanted, this.model.rows.at(-1)?.seq ?? 0);
  }

  private refilter(): void {
    this.passed = this.isPart ? this.model.rows.filter(this.passes()) : [...this.model.rows];
  }

  private passes(): (row: Row) => boolean {
    const matches = matcher(this.wanted, (id) => this.model.hasFailed(id), this.hits);
    return (row) => row.seq > this.cleared && matches(row);
  }
}
