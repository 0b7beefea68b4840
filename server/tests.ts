/** Test files beside what they name: the flow as it stands in the editor, else on the disk. */
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { RuleSettings } from '../flow/check.js';
import { FlowDocument } from '../flow/document.js';
import { flowFileOf } from '../flow/files.js';
import type { Problem } from '../flow/problem.js';
import { checkTest, type TestSurroundings } from '../flow/testing/check.js';
import type { FlowTestFile } from '../flow/testing/model.js';
import { parseTestFile } from '../flow/testing/read.js';
import type { OpenText } from './documents.js';
import { pathOf } from './projects.js';
import type { Features } from './server.js';

export function testProblems(features: Features, { uri, text }: OpenText, rules: RuleSettings): Problem[] {
  const content = text.getText();
  const file = parseTestFile(content);
  const surroundings = surroundingsOf(features, uri, file);
  // In a virtual workspace nobody can look: then the file's own mistakes are all there is to tell.
  return surroundings ? checkTest(content, file, surroundings, rules) : [...file.problems];
}

/** The flow that a test file is about; null when there is none, undefined when nobody can look. */
export function testedFlow(
  features: Features,
  uri: string,
  file: FlowTestFile,
): FlowDocument | null | undefined {
  return surroundingsOf(features, uri, file)?.flow;
}

/** The path of the flow that a test file is about; undefined when nobody can look. */
export function flowFileOfTest(uri: string, file: FlowTestFile): string | undefined {
  const testFile = pathOf(uri);
  if (testFile === undefined) return undefined;
  return file.flow ? path.resolve(path.dirname(testFile), file.flow.text) : flowFileOf(testFile);
}

function surroundingsOf(features: Features, uri: string, file: FlowTestFile): TestSurroundings | undefined {
  const testFile = pathOf(uri);
  const flowFile = flowFileOfTest(uri, file);
  if (testFile === undefined || flowFile === undefined) return undefined;
  const at = (relative: string): string => path.resolve(path.dirname(testFile), relative);
  return {
    flow: flowAt(features, flowFile),
    flowName: path.basename(flowFile),
    exists: (relative) => fs.existsSync(at(relative)),
  };
}

/** A flow by its path; null where there is none. */
export function flowAt({ documents }: Pick<Features, 'documents'>, file: string): FlowDocument | null {
  const open = documents.flow(pathToFileURL(file).href);
  if (open) return open.flow;
  try {
    const { mtimeMs, size } = fs.statSync(file);
    const stamp = `${mtimeMs} ${size}`;
    const known = read.get(file);
    if (known?.stamp === stamp) return known.flow;
    const flow = new FlowDocument(fs.readFileSync(file, 'utf8'));
    // A few at most: tests that are open at once are about few flows.
    if (read.size >= 8) read.clear();
    read.set(file, { stamp, flow });
    return flow;
  } catch {
    return null;
  }
}

const read = new Map<string, { readonly stamp: string; readonly flow: FlowDocument }>();
