/**
 * An event's data as JSON, not redacted: as the bytes that the sandbox has sent, or as text. Most events are kept, looked
 * through and recorded without anybody asking for the text, so it is only made when somebody does.
 */
import type { LineBuffer } from './lineBuffer.js';

export class EventJson {
  private constructor(
    /** Of the bytes, or of the text: a measure, not exact. */
    readonly length: number,
    private known: string | undefined,
    private bytes: Buffer | undefined,
    private readonly from: number,
  ) {}

  static ofText(text: string): EventJson {
    return new EventJson(text.length, text, undefined, 0);
  }

  /** UTF-8. The bytes must stay as they are. */
  static ofBytes(bytes: Buffer, from: number, to: number): EventJson {
    return new EventJson(to - from, undefined, bytes, from);
  }

  get text(): string {
    this.detach();
    return this.known!;
  }

  /** Lets go of what the bytes have come with: they are a small part of it. */
  detach(): void {
    if (!this.bytes) return;
    this.known = this.bytes.toString('utf8', this.from, this.from + this.length);
    this.bytes = undefined;
  }

  writeTo(lines: LineBuffer): void {
    if (this.bytes) lines.copy(this.bytes, this.from, this.from + this.length);
    else lines.text(this.known!);
  }
}
