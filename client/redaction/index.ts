/** Masks secrets in everything that leaves a run. Depends on nothing else of the project. */
export { marker } from './markers.js';
export { Redactor } from './redactor.js';
export { maskingSink, RedactionStream } from './stream.js';
export type { Secret, Weakness, WeaknessReason } from './secret.js';
