/** What the keys of a file are for, in a few words: beside completions and in hovers. */

export const INSTALLATION_DETAILS: Readonly<Record<string, string>> = {
  app: 'the app that is installed',
  version: 'its version',
  registry: 'where it comes from, when not the core registry',
  name: 'the installation’s name',
  source: 'folder or entry file of the app’s TypeScript, to run it locally',
  config: 'the app’s fields: values or expressions',
};

export const ROOT_DETAILS: Readonly<Record<string, string>> = {
  appInstallations: 'apps that the flow’s app blocks belong to',
  blocks: 'the flow’s blocks',
  notes: 'sticky notes on the canvas',
  dataTables: 'data tables that blocks refer to',
  agentPools: 'agent pools that HTTP Request blocks use',
};

export const BLOCK_DETAILS: Readonly<Record<string, string>> = {
  name: 'unique in the flow; expressions read its camel-cased key',
  type: 'coreBlock or appBlock',
  config: 'static configuration, evaluated once',
  inputs: 'links and per-event configuration',
  outputs: 'output customisation',
  errorHandler: 'block that receives this block’s failures',
  group: 'group block this one belongs to',
  position: '[x, y] on the canvas',
  description: 'free text',
  dynamicOutputKeys: 'outputs that the block makes at run time, beside those of its schema',
  alternativeLookupStrategy: 'another way to find the block when the definition is applied, for renames',
};

export const INPUT_DETAILS: Readonly<Record<string, string>> = {
  links: 'where events come from: blocks and their outputs',
  config: 'fields, evaluated for every event',
};

export const OUTPUT_DETAILS: Readonly<Record<string, string>> = {
  outputCustomization: 'what the output emits',
};
