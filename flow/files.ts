/** Which files hold what, by name and content, and which stand beside each other: the same for the editor and the command line. */
import { PROJECT_FILE } from './protocol.js';
import type { Dialect } from './segment.js';

/** `other`: nothing that is read here, as far as the text goes now. */
export type FileKind = Dialect | 'project' | 'test' | 'other';

/** `text` is asked for only where the name does not tell. */
export function fileKind(name: string, text: () => string): FileKind {
  if (name === PROJECT_FILE) return 'project';
  if (isTestName(name)) return 'test';
  return dialectOf(name) ?? (looksLikeFlow(text()) ? 'flow' : 'other');
}

/** What the name alone tells: `flow.yaml`, `*.flow.yaml`, `*.installation.yaml`, `*.mocks.yaml`, `.yml` alike. */
export function dialectOf(name: string): Dialect | undefined {
  if (/(?:^|\.)flow\.ya?ml$/i.test(name)) return 'flow';
  if (/\.mocks\.ya?ml$/i.test(name)) return 'mocks';
  return /\.installation\.ya?ml$/i.test(name) ? 'installation' : undefined;
}

/** Test files by name: `*.flow-test.yaml`, `.yml` alike. */
export function isTestName(name: string): boolean {
  return /\.flow-test\.ya?ml$/i.test(name);
}

/** Terraform and OpenTofu configuration. */
export function isTerraformName(name: string): boolean {
  return /\.(?:tf|tofu)$/i.test(name);
}

/** Whether the file may be a flow under another name. */
export function isYamlName(name: string): boolean {
  return /\.ya?ml$/i.test(name);
}

/** The root key at the beginning of a line, or in a root that is a `{ }` map. */
const BLOCK_ROOT = /^\uFEFF?(["']?)blocks\1[ \t]*:/m;
const FLOW_ROOT = /^\uFEFF?(?:\s|#.*\n|---)*\{(?:[^]*,)?\s*(["']?)blocks\1\s*:/;

/** Any YAML whose root has `blocks` with typed items is a flow, whatever its name. */
function looksLikeFlow(text: string): boolean {
  return /\b(?:coreBlock|appBlock)["']?\s*:/.test(text) && (BLOCK_ROOT.test(text) || FLOW_ROOT.test(text));
}

/** The mocks file beside a flow: `a.flow.yaml` has `a.mocks.yaml`. Works on names, paths and URIs. */
export function mocksFileOf(flowFile: string): string {
  return flowFile.replace(/(?:\.flow)?\.(ya?ml)$/i, '.mocks.$1');
}

/** The flow beside a test file: `a.flow-test.yaml` tests `a.flow.yaml`. Works on names and paths. */
export function flowFileOf(testFile: string): string {
  return testFile.replace(/\.flow-test\.(ya?ml)$/i, '.flow.$1');
}

/** The test file beside a flow. */
export function testFileOf(flowFile: string): string {
  return flowFile.replace(/(?:\.flow)?\.(ya?ml)$/i, '.flow-test.$1');
}
