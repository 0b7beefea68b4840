import assert from 'node:assert/strict';
import fs from 'node:fs';
import { CODES } from '../../../flow/codes.js';

interface Manifest {
  contributes: {
    configuration: {
      properties: Record<string, { properties?: Record<string, { default: string; description: string }> }>;
    };
  };
}

it('the setting flows.rules knows every diagnostic, with its severity and title', () => {
  const manifest = JSON.parse(fs.readFileSync('package.json', 'utf8')) as Manifest;
  assert.deepEqual(
    Object.entries(manifest.contributes.configuration.properties['flows.rules']!.properties!).map(
      ([code, rule]) => [code, rule.default, rule.description],
    ),
    Object.entries(CODES).map(([code, { severity, title }]) => [code, severity, `${title}.`]),
  );
});
