/** Test files beside what they name: the flow as it stands in the editor, else on the disk. */
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { checkTest, type TestSurroundings } from '../flow/checkTest.js';
import type { RuleSettings } from '../flow/check.js';
import { FlowDocument } from '../flow/document.js';
import type { Problem } from '../flow/problem.js';
import { flowFileOf, parseTestFile, type FlowTestFile } from '../flow/testFile.js';
import { contains, type Range, type Span } from '../flow/text.js';
import type { OpenText } from './documents.js';
import { pathOf } from './projects.js';
import type { Features } from './server.js';
import { unquoted } from './tree.js';

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

/** Where the block at a place of a test file is declared: in its flow. */
export function blockDeclaration(
  features: Features,
  { uri, text }: OpenText,
  offset: number,
):
  | { readonly from: Span; readonly uri: string; readonly range: Range; readonly nameRange: Range }
  | undefined {
  const file = parseTestFile(text.getText());
  const names = file.tests.flatMap(({ steps, expect, never }) =>
    [...steps, ...expect, ...never].flatMap((part) => ('block' in part ? [part.block] : [])),
  );
  const name = names.find(({ span }) => contains(span, offset));
  const at = surroundingsOf(features, uri, file);
  const placed = name && at?.flow?.blocks.find(({ block }) => block.name.text === name.text);
  if (!name || !at?.flow || !placed) return undefined;
  const { block, segment } = placed;
  return {
    from: name.span,
    uri: pathToFileURL(at.flowFile).href,
    range: at.flow.range(segment, block.span),
    nameRange: at.flow.range(segment, unquoted(segment.text, block.name.span)),
  };
}

function surroundingsOf(
  features: Features,
  uri: string,
  file: FlowTestFile,
): (TestSurroundings & { readonly flowFile: string }) | undefined {
  const testFile = pathOf(uri);
  if (testFile === undefined) return undefined;
  const at = (relative: string): string => path.resolve(path.dirname(testFile), relative);
  const flowFile = file.flow ? at(file.flow.text) : flowFileOf(testFile);
  return {
    flow: flowAt(features, flowFile),
    flowFile,
    flowName: path.basename(flowFile),
    exists: (relative) => fs.existsSync(at(relative)),
  };
}

function flowAt({ documents }: Features, file: string): FlowDocument | null {
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
