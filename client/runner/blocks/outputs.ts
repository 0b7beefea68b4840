/** Outputs of the core blocks (flows-platform §2), also of those that links and customisations of a file do not mention. */
export const CORE_OUTPUTS: Readonly<Record<string, readonly string[]>> = {
  httpEndpoint: ['requests'],
  httpRequest: ['default'],
  condition: ['then', 'else'],
  transform: ['default'],
  sleep: ['default'],
  schedule: ['default'],
  handleError: ['default'],
  group: [],
};
