/** Entry of dist/language.js: all that the server knows of flows, loaded once `initialize` is answered (boot.ts). */
export { serve } from './server.js';
