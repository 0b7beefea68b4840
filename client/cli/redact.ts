/** `flow-secrets redact`: masks whatever is piped through. Values come from the environment by name, never from argv. */
import { pipeline } from 'node:stream/promises';
import { Redactor } from '../redaction/index.js';
import { UsageError, type Command } from './command.js';

export const redact: Command = {
  summary: 'mask secrets in whatever is piped through',
  help: 'usage: some-command | flow-secrets redact --secrets-from-env NAME,NAME…',
  async run(args) {
    const names = args[0] === '--secrets-from-env' ? args[1] : undefined;
    if (names === undefined) throw new UsageError('name the secrets with --secrets-from-env');
    const redactor = new Redactor();
    for (const key of names.split(',')) {
      const value = process.env[key];
      if (value === undefined) throw new UsageError('a named variable is not set');
      redactor.add({ key, value });
    }
    await pipeline(process.stdin, redactor.stream().transform(), process.stdout);
    return 0;
  },
};
