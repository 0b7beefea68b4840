/** Flows: Update Secret Value. The new value replaces the old one, which is never shown. */
import type { Services } from '../services.js';
import { storeSecret } from './addSecret.js';
import { chooseKey } from './chooseKey.js';
import { askValue } from './valueInput.js';

export async function updateSecret(services: Services, given?: unknown): Promise<void> {
  const chosen = await chooseKey(services, given, {
    title: 'Update the value of which secret?',
    fits: ({ state }) => state === 'set' || state === 'unused',
    none: ({ id }) => `No secret of ${id} has a value on this machine.`,
    offersAdd: true,
  });
  if (!chosen) return;
  const { project, key } = chosen;
  const value = await askValue({
    title: `Update ${key} of ${project.id}`,
    prompt: `New value of ${key}. It replaces the one on this machine.`,
  });
  if (value !== undefined) await storeSecret(services, project, key, value);
}
