/** What the server's thread and TypeScript's say to each other. Requests are those of the service, by name. */
import type { TypeRequests } from '../../flow/types/service.js';

export type Method = keyof TypeRequests;
export type Argument<M extends Method> = Parameters<TypeRequests[M]>[0];
export type Answer<M extends Method> = ReturnType<TypeRequests[M]>;

/** Names the thread's purpose, so that the bundle can be loaded in others for other purposes. */
export const TYPES_THREAD = 'flow types';

export interface Request<M extends Method = Method> {
  readonly id: number;
  readonly method: M;
  readonly argument: Argument<M>;
}

/** A `check` that nobody waits for any more: it is answered with what there is by then. */
export interface Cancel {
  readonly cancel: number;
}

export type Reply =
  { readonly id: number; readonly answer: unknown } | { readonly id: number; readonly error: string };
