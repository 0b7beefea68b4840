/** Flows: Copy Secret Reference. Copies how expressions read a key; the clipboard never gets a value. */
import * as vscode from 'vscode';
import type { Services } from '../services.js';
import { chooseKey } from './chooseKey.js';

export async function copySecretReference(services: Services, given?: unknown): Promise<void> {
  const chosen = await chooseKey(services, given, {
    title: 'Copy the reference to which secret?',
    fits: () => true,
    none: ({ id }) => `${id} has no secrets yet.`,
    offersAdd: true,
  });
  if (!chosen) return;
  const reference = `secrets.${chosen.key}`;
  await vscode.env.clipboard.writeText(reference);
  vscode.window.setStatusBarMessage(`$(clippy) ${reference} copied`, 3_000);
}
