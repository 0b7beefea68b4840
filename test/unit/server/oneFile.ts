/** One open flow, for tests of what an editor asks about a file. To be called in a `describe`: each test has its own server. */
import { TestClient } from './client.js';
import { RICH } from './places.js';

const NAME = 'a.flow.yaml';

export interface OneFile {
  readonly client: TestClient;
  /** Starts a server for a client of these capabilities, and opens the flow. */
  readonly start: (text?: string, capabilities?: object) => Promise<void>;
  /** The answer to a request about the flow. */
  readonly ask: <T>(method: string, params?: object) => Promise<T>;
}

export function oneFile(): OneFile {
  let client: TestClient;
  afterEach(() => client.dispose());
  return {
    get client() {
      return client;
    },
    start: async (text = RICH, capabilities = {}) => {
      client = await TestClient.start({}, { capabilities });
      await client.open(NAME, text);
    },
    ask: <T>(method: string, params: object = {}) =>
      client.request<T>(`textDocument/${method}`, { textDocument: { uri: client.uri(NAME) }, ...params }),
  };
}
