/** Says to screen readers how the run stands, not more often than one can listen to. */

/** Milliseconds between two announcements. */
const INTERVAL = 4_000;

export class Announcer {
  private said = '';
  private saidAt = -INTERVAL;
  private wanted = '';
  private timer = 0;

  /** @param root a live region */
  constructor(private readonly root: HTMLElement) {}

  say(text: string): void {
    this.wanted = text;
    if (this.timer !== 0 || text === this.said) return;
    const wait = this.saidAt + INTERVAL - performance.now();
    this.timer = window.setTimeout(
      () => {
        this.timer = 0;
        this.saidAt = performance.now();
        this.said = this.wanted;
        this.root.textContent = this.said;
      },
      Math.max(0, wait),
    );
  }
}
