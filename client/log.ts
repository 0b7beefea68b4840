/**
 * The log "Flow Secrets": what the extension did, by names. No caller passes a value; in case an error's text holds one all the
 * same, what is written while values are at hand is masked.
 */
import type { LogOutputChannel } from 'vscode';
import type { Redactor, Secret } from './redaction/index.js';

export class SafeLog {
  private readonly redactors = new Set<Redactor>();

  /** @param channel for the language client, which handles no values */
  constructor(readonly channel: LogOutputChannel) {}

  /** Masks these values in everything that is logged, or passed through `mask`, until `work` has ended. */
  async guarding<T>(secrets: Iterable<Secret>, work: () => Promise<T>): Promise<T> {
    const { Redactor: Masking } = await import('./redaction/index.js');
    const redactor = new Masking(secrets);
    this.redactors.add(redactor);
    try {
      return await work();
    } finally {
      this.redactors.delete(redactor);
    }
  }

  mask(text: string): string {
    let masked = text;
    for (const redactor of this.redactors) masked = redactor.text(masked);
    return masked;
  }

  info(text: string): void {
    this.channel.info(this.mask(text));
  }

  warn(text: string): void {
    this.channel.warn(this.mask(text));
  }

  error(text: string): void {
    this.channel.error(this.mask(text));
  }

  show(): void {
    this.channel.show();
  }
}
