/** Every diagnostic code with its title and the severity it has unless the project or the editor says otherwise. */
import type { Severity } from './problem.js';

export interface CodeInfo {
  readonly title: string;
  readonly severity: Severity;
}

/** Sections of docs/diagnostics.md are named by the code. */
export const CODES = {
  'undefined-secret': { title: 'A secret that the project does not declare', severity: 'error' },
  'secret-without-value': {
    title: 'A declared secret without a value on this machine',
    severity: 'information',
  },
  'unused-secret': { title: 'A declared secret that no flow names', severity: 'hint' },
  'dynamic-secret': { title: 'A secret that is only known at run time', severity: 'warning' },
  'expression-syntax': { title: 'An expression that is not JavaScript', severity: 'error' },
  'expression-type': { title: 'An expression that does not fit the types of its flow', severity: 'warning' },
  'missing-expr': { title: 'Text that reads like an expression but lacks `!expr`', severity: 'warning' },
  'nested-expr': { title: '`!expr` inside a map or list', severity: 'warning' },
  'expr-on-collection': { title: '`!expr` on a map or list', severity: 'error' },
  'unavailable-name': { title: 'A name that does not exist at this place', severity: 'warning' },
  'unknown-output': { title: '`outputs.<key>` of a block that is not upstream', severity: 'warning' },
  'unknown-signal': { title: 'A signal that its owner does not have', severity: 'warning' },
  'link-block': { title: 'A link to a block that does not exist', severity: 'error' },
  'link-output': { title: 'A link to an output that its block does not have', severity: 'error' },
  'duplicate-block': { title: 'Two blocks of one name', severity: 'error' },
  'unreachable-block': { title: 'A block that no event can reach', severity: 'hint' },
  'error-handler': { title: 'An error handler that does not exist', severity: 'error' },
  'unknown-group': { title: 'A group that does not exist', severity: 'error' },
  'unknown-installation': { title: 'An app installation that the flow does not list', severity: 'error' },
  'unknown-core-block': { title: 'A core block that is not known', severity: 'warning' },
  'unknown-field': { title: 'A key that nobody reads', severity: 'warning' },
  'missing-field': { title: 'A required field that is not set', severity: 'warning' },
  'field-type': { title: 'A value that its field cannot take', severity: 'warning' },
  'invalid-path': { title: 'A path that no request can match', severity: 'error' },
  'invalid-method': { title: 'A method that is no HTTP method', severity: 'error' },
  'invalid-schedule': { title: 'A schedule that cannot be read', severity: 'error' },
  'block-name': { title: 'A block without a name', severity: 'error' },
  'block-type': { title: 'A block without one known type', severity: 'error' },
  'schema-json': { title: 'A `schema` that is not JSON', severity: 'warning' },
  shape: { title: 'A value of the wrong shape', severity: 'error' },
  'not-a-flow': { title: 'A file that is no flow definition', severity: 'error' },
  'yaml-syntax': { title: 'Text that is not YAML', severity: 'error' },
  'yaml-unknown-tag': { title: 'A YAML tag that is not known', severity: 'warning' },
  'yaml-alias': { title: 'A YAML alias that leads nowhere', severity: 'error' },
  'yaml-depth': { title: 'Values nested too deep', severity: 'error' },
  'project-shape': { title: 'A project file of the wrong shape', severity: 'error' },
  'project-field': { title: 'An unknown key in a project file', severity: 'warning' },
  'project-key': { title: 'A name that cannot be a secret key', severity: 'error' },
  'project-value': { title: 'A value in a project file', severity: 'error' },
  'test-shape': { title: 'A test of the wrong shape', severity: 'error' },
  'test-field': { title: 'An unknown key in a test', severity: 'warning' },
  'test-value': { title: 'A value of a secret in a test', severity: 'error' },
  'test-name': { title: 'A name in a test that its flow does not have', severity: 'error' },
  'unused-mock': { title: 'A mock that no block of its flow uses', severity: 'warning' },
  'hcl-syntax': {
    title: 'HCL that Terraform cannot read, in a resource of the Flows provider',
    severity: 'error',
  },
  'hcl-interpolation': {
    title: 'An interpolation that Terraform evaluates and only a flow could',
    severity: 'error',
  },
  'unknown-mapping': {
    title: 'A mapping for an installation that the flow does not list',
    severity: 'warning',
  },
  'missing-mapping': { title: 'An installation without an id that no mapping gives', severity: 'warning' },
  'app-source': { title: 'An app whose source is not found', severity: 'warning' },
  'hard-coded-secret': { title: 'A token that stands in the file', severity: 'warning' },
} as const satisfies Readonly<Record<string, CodeInfo>>;

export type Code = keyof typeof CODES;
