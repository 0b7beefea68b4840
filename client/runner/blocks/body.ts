/** What the bytes of a request or a response mean, by their announced type: `request-body` in semantics.ts. */

export interface Body {
  readonly body: unknown;
  /** The text as sent; base64 where it is none. */
  readonly rawBody: string;
}

/** A file in a multipart form. */
interface FormFile {
  readonly filename: string;
  readonly contentType: string;
  readonly base64: string;
}

/** Types whose bytes are no text, even if they could be read as one. */
const BINARY =
  /^(?:(?:image|audio|video|font)\/(?!svg\+xml$)|application\/(?:octet-stream|pdf|zip|gzip|wasm|x-(?:tar|gzip|7z-compressed)|vnd\.(?:ms-|openxmlformats-)))/;

export async function parseBody(bytes: Buffer, contentType: string): Promise<Body | { problem: string }> {
  if (bytes.length === 0) return { body: null, rawBody: '' };
  const type = contentType.split(';', 1)[0]!.trim().toLowerCase();
  const text = BINARY.test(type) ? undefined : decodeText(bytes, charsetOf(contentType));
  const rawBody = text ?? bytes.toString('base64');
  if (type === 'multipart/form-data') return parseForm(bytes, contentType, rawBody);
  if (text === undefined) return { body: rawBody, rawBody };
  if (type === 'application/json' || type.endsWith('+json')) {
    try {
      return { body: JSON.parse(text) as unknown, rawBody };
    } catch {
      return { problem: 'The body is announced as JSON, but it is not valid JSON.' };
    }
  }
  return { body: type === 'application/x-www-form-urlencoded' ? queryOf(text) : text, rawBody };
}

/** A parameter given twice becomes a list. */
export function queryOf(text: string): Record<string, string | string[]> {
  return collect(new URLSearchParams(text));
}

async function parseForm(
  bytes: Buffer,
  contentType: string,
  rawBody: string,
): Promise<Body | { problem: string }> {
  try {
    // What is warned of is its memory; the listener has limited the length.
    // eslint-disable-next-line @typescript-eslint/no-deprecated
    const form = await new Response(bytes, { headers: { 'content-type': contentType } }).formData();
    const fields: [string, string | FormFile][] = [];
    for (const [name, value] of form)
      fields.push([name, typeof value === 'string' ? value : await readFile(value)]);
    return { body: collect(fields), rawBody };
  } catch {
    return { problem: 'The body is announced as a multipart form, but it is not a valid one.' };
  }
}

async function readFile(file: Pick<File, 'name' | 'type' | 'arrayBuffer'>): Promise<FormFile> {
  return {
    filename: file.name,
    contentType: file.type,
    base64: Buffer.from(await file.arrayBuffer()).toString('base64'),
  };
}

/** A map without prototype: names come from outside. */
function collect<T>(entries: Iterable<readonly [string, T]>): Record<string, T | T[]> {
  const map = Object.create(null) as Record<string, T | T[]>;
  for (const [key, value] of entries) {
    const known = map[key];
    map[key] = known === undefined ? value : Array.isArray(known) ? [...known, value] : [known, value];
  }
  return map;
}

function charsetOf(contentType: string): string {
  return /charset="?([^";]+)"?/i.exec(contentType)?.[1] ?? 'utf-8';
}

/** Undefined when the bytes are no text of this encoding. */
function decodeText(bytes: Buffer, charset: string): string | undefined {
  try {
    return new TextDecoder(charset, { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
