/** The host's side of the globals of an expression's realm. Captured before the process is stripped. */
import { createCipheriv, createDecipheriv, randomFillSync, randomUUID, webcrypto } from 'node:crypto';
import { uuid } from '../random.js';
import type { HostBridge } from './globals.js';

/** Longest console text of one call that leaves the sandbox, in characters. */
const LOG_LENGTH = 10_000;
/** Timers that may wait at once. */
const MAX_TIMERS = 1_000;

/** Bytes of AES-GCM's nonce and tag. */
const NONCE = 12;
const TAG = 16;

const gcm = (key: Uint8Array): 'aes-128-gcm' | 'aes-192-gcm' | 'aes-256-gcm' =>
  key.length === 16 ? 'aes-128-gcm' : key.length === 24 ? 'aes-192-gcm' : 'aes-256-gcm';

/** Set in runs with virtual time or a seed. */
export interface Virtual {
  readonly now: number | undefined;
  readonly random: (() => number) | undefined;
}

export function hostBridge(log: (level: string, text: string) => void, virtual: Virtual): HostBridge {
  const encoder = new TextEncoder();
  const Decoder = TextDecoder;
  const Url = URL;
  const Query = URLSearchParams;
  const {
    setTimeout: wait,
    setInterval: repeatedly,
    clearTimeout: cancel,
    atob: fromBase64,
    btoa: toBase64,
    performance: clock,
  } = globalThis;
  const { subtle } = webcrypto;
  // A global of Node 20 that its types do not have yet.
  const { CryptoKey } = globalThis as unknown as { CryptoKey: abstract new () => unknown };
  const timers = new Map<number, NodeJS.Timeout>();
  let lastTimer = 0;
  const bridge: HostBridge = {
    encode: (text) => encoder.encode(text),
    decode: (bytes, label, fatal, ignoreBOM) => new Decoder(label, { fatal, ignoreBOM }).decode(bytes),
    atob: (text) => fromBase64(text),
    btoa: (text) => toBase64(text),
    url(href, base, set) {
      if (!Url.canParse(href, base)) return undefined;
      const url = new Url(href, base);
      if (set) (url as unknown as Record<string, string>)[set.part] = set.value;
      const { origin, protocol, username, password, host, hostname, port, pathname, search, hash } = url;
      return JSON.stringify({
        href: url.href,
        origin,
        protocol,
        username,
        password,
        host,
        hostname,
        port,
        pathname,
        search,
        hash,
      });
    },
    parseQuery: (text) => JSON.stringify([...new Query(text)]),
    formatQuery: (pairs) => new Query(JSON.parse(pairs) as [string, string][]).toString(),
    log: (level, text) =>
      log(
        level,
        text.length > LOG_LENGTH ? `${text.slice(0, LOG_LENGTH)}… (${text.length} characters)` : text,
      ),
    seal(key, text) {
      const nonce = new Uint8Array(NONCE);
      bridge.randomBytes(nonce);
      const cipher = createCipheriv(gcm(key), key, nonce);
      return Buffer.concat([nonce, cipher.update(text), cipher.final(), cipher.getAuthTag()]);
    },
    unseal(key, sealed) {
      const cipher = createDecipheriv(gcm(key), key, sealed.subarray(0, NONCE), { authTagLength: TAG });
      cipher.setAuthTag(sealed.subarray(-TAG));
      return Buffer.concat([cipher.update(sealed.subarray(NONCE, -TAG)), cipher.final()]);
    },
    setTimer(callback, milliseconds, repeat) {
      if (timers.size >= MAX_TIMERS) throw new Error(`More than ${MAX_TIMERS} timers wait at once.`);
      const id = ++lastTimer;
      const fire = (): void => {
        if (!repeat) timers.delete(id);
        callback();
      };
      timers.set(id, repeat ? repeatedly(fire, milliseconds) : wait(fire, milliseconds));
      return id;
    },
    clearTimer(id) {
      cancel(timers.get(id));
      timers.delete(id);
    },
    now: () => virtual.now,
    random: () => virtual.random?.(),
    randomBytes(target) {
      const { random } = virtual;
      if (random) target.forEach((_, i) => (target[i] = Math.floor(random() * 256)));
      else randomFillSync(target);
    },
    randomUuid: () =>
      virtual.random
        ? uuid((count) => Uint8Array.from({ length: count }, () => Math.floor(virtual.random!() * 256)))
        : randomUUID(),
    monotonic: () => clock.now(),
    subtle(method, args, done, failed) {
      const run = (subtle as unknown as Record<string, (...args: readonly unknown[]) => Promise<unknown>>)[
        method
      ];
      const fail = (error: unknown): void => {
        const { name, message } = error as Error;
        failed(name, message);
      };
      try {
        run!
          .apply(subtle, [...args])
          .then(done)
          .catch(fail);
      } catch (error) {
        fail(error);
      }
    },
    isHostKey: (value) => value instanceof CryptoKey,
    keyInfo(value) {
      const { type, extractable, algorithm, usages } = value as webcrypto.CryptoKey;
      return JSON.stringify({ type, extractable, algorithm, usages });
    },
  };
  return Object.freeze(Object.assign(Object.create(null) as HostBridge, bridge));
}
