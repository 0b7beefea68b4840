/**
 * Cases of property tests: the same ones in every run of the continuous integration, so that it judges the change and not
 * the dice; new ones in every other run. FAST_CHECK_SEED repeats the run that a failure has named.
 */
import { createRequire } from 'node:module';

/** The instance that the bundled tests, which are CommonJS, get. @type {typeof import('fast-check')} */
const fc = createRequire(import.meta.url)('fast-check');

const seed = process.env.FAST_CHECK_SEED ?? (process.env.CI === undefined ? undefined : '20261122');
if (seed !== undefined) fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number(seed) });
