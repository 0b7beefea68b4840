/** Texts that look like tokens, made up when the tests run: none stands in a file. */

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const HEX = '0123456789abcdef';
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const UPPER = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';

/** A body of the given length, the same at every run, without repeats. */
export function body(length: number, letters = LETTERS): string {
  let state = 12345;
  let text = '';
  while (text.length < length) {
    state = (state * 1103515245 + 12345) % 2147483648;
    const unit = letters[Math.floor(state / 65536) % letters.length]!;
    if (unit !== text.at(-1)) text += unit;
  }
  return text;
}

const join = (...parts: string[]): string => parts.join('');

/** [rule, token] */
export const SAMPLES: readonly (readonly [string, string])[] = [
  ['Spacelift Flows API key', join('sf', 'api_', body(40))],
  ['GitHub token', join('gh', 'p_', body(36))],
  ['GitHub token', join('gh', 's_', body(36))],
  ['GitHub token', join('github', '_pat_', body(22), '_', body(59))],
  ['GitLab token', join('gl', 'pat-', body(20))],
  ['Slack token', join('xo', 'xb-', body(12, '0123456789'), '-', body(12, '0123456789'), '-', body(24))],
  ['Slack token', join('xa', 'pp-1-', body(11, UPPER), '-', body(13, '0123456789'), '-', body(64, HEX))],
  ['Anthropic key', join('sk-', 'ant-', 'api03-', body(93), 'AA')],
  ['OpenAI key', join('sk-', 'proj-', body(48))],
  ['OpenAI key', join('sk-', body(20), 'T3Blbk', 'FJ', body(20))],
  ['AWS access key', join('AK', 'IA', body(16, BASE32))],
  ['Google API key', join('AI', 'za', body(35))],
  ['Google client secret', join('GOC', 'SPX-', body(28))],
  ['npm token', join('np', 'm_', body(36))],
  ['PyPI token', join('py', 'pi-', body(120))],
  ['Docker Hub token', join('dckr', '_pat_', body(27))],
  ['Stripe key', join('sk_', 'live_', body(24))],
  ['SendGrid key', join('S', 'G.', body(22), '.', body(43))],
  ['Twilio key', join('S', 'K', body(32, HEX))],
  ['DigitalOcean token', join('dop', '_v1_', body(64, HEX))],
  ['Hugging Face token', join('h', 'f_', body(34))],
  ['Linear key', join('lin', '_api_', body(40))],
  ['Notion token', join('nt', 'n_', body(46))],
  ['Atlassian token', join('ATA', 'TT3', body(180))],
  ['Databricks token', join('da', 'pi', body(32, HEX))],
  ['Grafana token', join('gl', 'sa_', body(32), '_', body(8, HEX))],
  ['Vault token', join('hv', 's.', body(90))],
  ['HCP Terraform token', join(body(14), '.atlas', 'v1.', body(67))],
  ['New Relic key', join('NR', 'AK-', body(27, UPPER))],
  ['Shopify token', join('shp', 'at_', body(32, HEX))],
  ['Telegram bot token', join(body(10, '123456789'), ':', 'AA', body(33))],
  ['JSON Web Token', join('ey', 'J', body(30), '.ey', 'J', body(60), '.', body(43))],
  [
    'private key',
    join(
      '-----BEGIN ',
      'RSA PRIVATE ',
      'KEY-----\n',
      body(64),
      '\n',
      body(30),
      '\n-----END RSA PRIVATE ',
      'KEY-----',
    ),
  ],
  [
    'Slack webhook address',
    join('https://hooks.', 'slack.com/services/T', body(8, UPPER), '/B', body(8, UPPER), '/', body(24)),
  ],
];
