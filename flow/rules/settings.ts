/** Severities that people give to diagnostics, from the project file or the editor's settings. */
import type { RuleSettings } from '../check.js';
import { CODES } from '../codes.js';
import type { Severity } from '../problem.js';

export const RULE_SEVERITIES = [
  'error',
  'warning',
  'information',
  'hint',
  'off',
] as const satisfies readonly (Severity | 'off')[];

export function isRuleSeverity(value: unknown): value is Severity | 'off' {
  return (RULE_SEVERITIES as readonly unknown[]).includes(value);
}

/** `{ code: severity }`; what is neither is left out. */
export function readRuleSettings(value: unknown): RuleSettings {
  if (typeof value !== 'object' || value === null) return {};
  return Object.fromEntries(
    Object.entries(value).filter(([code, severity]) => code in CODES && isRuleSeverity(severity)),
  );
}
