/**
 * What tokens of well-known services look like, as their documentation says: a fixed prefix and a body of known length and
 * letters. A table of our own and not secretlint's preset: its rules run asynchronously inside an engine that leaves
 * some 56 performance marks behind per text, add 218 kB, and know neither this platform's keys nor names of fields; what
 * they know of prefixes is public, and is here.
 */

export interface TokenRule {
  /** For messages. */
  readonly name: string;
  /** A key to keep it under, e.g. GITHUB_TOKEN. */
  readonly key: string;
  /** A text without any of these cannot match. */
  readonly words: readonly string[];
  /** With `g`; group 1, where there is one, is the token alone. */
  readonly pattern: RegExp;
}

/** `body` stands between things that are no part of a word. */
function rule(name: string, key: string, words: string | readonly string[], body: string): TokenRule {
  return {
    name,
    key,
    words: typeof words === 'string' ? [words] : words,
    pattern: new RegExp(`(?<![A-Za-z0-9_-])(?:${body})(?![A-Za-z0-9_-])`, 'g'),
  };
}

export const TOKEN_RULES: readonly TokenRule[] = [
  rule('Spacelift Flows API key', 'FLOWS_TOKEN', 'sfapi_', String.raw`sfapi_[\w-]{16,}`),
  rule(
    'GitHub token',
    'GITHUB_TOKEN',
    ['ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_'],
    'gh[pousr]_[A-Za-z0-9]{36,251}',
  ),
  rule('GitHub token', 'GITHUB_TOKEN', 'github_pat_', String.raw`github_pat_\w{22,244}`),
  rule(
    'GitLab token',
    'GITLAB_TOKEN',
    'gl',
    String.raw`gl(?:pat|dt|ptt|rt|cbt|ft|agent|soat|imt|oas)-[\w.-]{20,}`,
  ),
  rule(
    'Slack token',
    'SLACK_TOKEN',
    ['xox', 'xapp-'],
    String.raw`(?:(?:xoxe\.)?xox[abeoprs]-[A-Za-z0-9-]{20,}|xapp-[A-Za-z0-9-]{40,})`,
  ),
  rule('Anthropic key', 'ANTHROPIC_API_KEY', 'sk-ant-', String.raw`sk-ant-[a-z]+\d\d-[\w-]{32,}`),
  rule(
    'OpenAI key',
    'OPENAI_API_KEY',
    'sk-',
    String.raw`sk-(?:(?:proj|svcacct|admin)-[\w-]{40,}|[A-Za-z0-9]{20}T3BlbkFJ[A-Za-z0-9]{20}|[A-Za-z0-9]{48})`,
  ),
  rule(
    'AWS access key',
    'AWS_ACCESS_KEY_ID',
    ['AKIA', 'ASIA', 'ABIA', 'ACCA'],
    'A(?:KIA|SIA|BIA|CCA)[A-Z2-7]{16}',
  ),
  rule('Google API key', 'GOOGLE_API_KEY', 'AIza', String.raw`AIza[\w-]{35}`),
  rule('Google client secret', 'GOOGLE_CLIENT_SECRET', 'GOCSPX-', String.raw`GOCSPX-[\w-]{28}`),
  rule('Google access token', 'GOOGLE_TOKEN', 'ya29.', String.raw`ya29\.[\w-]{20,}`),
  rule('npm token', 'NPM_TOKEN', 'npm_', 'npm_[A-Za-z0-9]{36}'),
  rule('PyPI token', 'PYPI_TOKEN', 'pypi-', String.raw`pypi-[\w-]{50,}`),
  rule('RubyGems key', 'RUBYGEMS_API_KEY', 'rubygems_', 'rubygems_[a-f0-9]{48}'),
  rule('Docker Hub token', 'DOCKER_TOKEN', 'dckr_', String.raw`dckr_[po]at_[\w-]{27,}`),
  rule('Stripe key', 'STRIPE_API_KEY', ['k_live_', 'k_test_'], '[rs]k_(?:live|test)_[A-Za-z0-9]{16,}'),
  rule('webhook signing secret', 'WEBHOOK_SECRET', 'whsec_', 'whsec_[A-Za-z0-9+/]{24,}={0,2}'),
  rule('SendGrid key', 'SENDGRID_API_KEY', 'SG.', String.raw`SG\.[\w-]{22}\.[\w-]{43}`),
  rule('Mailgun key', 'MAILGUN_API_KEY', 'key-', 'key-[0-9a-f]{32}'),
  rule('Twilio key', 'TWILIO_API_KEY', 'SK', 'SK[0-9a-f]{32}'),
  rule('DigitalOcean token', 'DIGITALOCEAN_TOKEN', '_v1_', 'do[opr]_v1_[a-f0-9]{64}'),
  rule('Hugging Face token', 'HF_TOKEN', 'hf_', 'hf_[A-Za-z0-9]{34,}'),
  rule('Linear key', 'LINEAR_API_KEY', 'lin_', 'lin_(?:api|oauth)_[A-Za-z0-9]{40,}'),
  rule(
    'Notion token',
    'NOTION_TOKEN',
    ['ntn_', 'secret_'],
    '(?:ntn_[A-Za-z0-9]{40,}|secret_[A-Za-z0-9]{43})',
  ),
  rule('Atlassian token', 'ATLASSIAN_TOKEN', ['ATATT3', 'ATCTT3'], String.raw`AT[AC]TT3[\w=-]{60,}`),
  rule('Databricks token', 'DATABRICKS_TOKEN', 'dapi', 'dapi[a-f0-9]{32}(?:-[0-9])?'),
  rule(
    'Grafana token',
    'GRAFANA_TOKEN',
    ['glsa_', 'glc_'],
    'gl(?:sa_[A-Za-z0-9]{32}_[a-f0-9]{8}|c_[A-Za-z0-9+/]{32,}={0,2})',
  ),
  rule('Vault token', 'VAULT_TOKEN', ['hvs.', 'hvb.', 'hvr.'], String.raw`hv[sbr]\.[\w-]{24,}`),
  rule('HCP Terraform token', 'TF_TOKEN', '.atlasv1.', String.raw`[A-Za-z0-9]{14}\.atlasv1\.[\w-]{60,}`),
  rule('New Relic key', 'NEW_RELIC_API_KEY', 'NRAK-', 'NRAK-[A-Z0-9]{27}'),
  rule('Shopify token', 'SHOPIFY_TOKEN', 'shp', 'shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}'),
  rule('Telegram bot token', 'TELEGRAM_TOKEN', ':AA', String.raw`\d{8,10}:AA[\w-]{32,33}`),
  rule('Sentry token', 'SENTRY_TOKEN', 'sntry', String.raw`sntry[us]_[\w+/=-]{40,}`),
  rule('Supabase token', 'SUPABASE_TOKEN', 'sbp_', 'sbp_[a-f0-9]{40}'),
  rule('Figma token', 'FIGMA_TOKEN', 'figd_', String.raw`figd_[\w-]{38,}`),
  rule(
    'Doppler token',
    'DOPPLER_TOKEN',
    'dp.',
    String.raw`dp\.(?:pt|st|ct|sa|scim|audit)\.(?:[\w-]+\.)?[A-Za-z0-9]{40,44}`,
  ),
  rule('Pulumi token', 'PULUMI_ACCESS_TOKEN', 'pul-', 'pul-[a-f0-9]{40}'),
  rule('Postman key', 'POSTMAN_API_KEY', 'PMAK-', 'PMAK-[a-f0-9]{24}-[a-f0-9]{34}'),
  rule('age key', 'AGE_KEY', 'AGE-SECRET-KEY-1', 'AGE-SECRET-KEY-1[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58}'),
  rule('JSON Web Token', 'JWT', 'eyJ', String.raw`eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}`),
  {
    name: 'Azure client secret',
    key: 'AZURE_CLIENT_SECRET',
    words: ['Q~'],
    pattern: /(?<![\w~.-])[\w~.-]{3}\dQ~[\w~.-]{31,34}(?![\w~.-])/g,
  },
  {
    name: 'storage account key',
    key: 'AZURE_STORAGE_KEY',
    words: ['AccountKey='],
    pattern: /AccountKey=([A-Za-z0-9+/]{86}==)/dg,
  },
  {
    name: 'Slack webhook address',
    key: 'SLACK_WEBHOOK_URL',
    words: ['hooks.slack.com'],
    pattern: /https:\/\/hooks\.slack\.com\/(?:services|workflows|triggers)\/[A-Za-z0-9]+\/[A-Za-z0-9/]{16,}/g,
  },
  {
    name: 'Discord webhook address',
    key: 'DISCORD_WEBHOOK_URL',
    words: ['/api/webhooks/'],
    pattern: /https:\/\/(?:\w+\.)?discord(?:app)?\.com\/api\/webhooks\/\d+\/[\w-]{60,}/g,
  },
  {
    name: 'private key',
    key: 'PRIVATE_KEY',
    words: ['PRIVATE KEY'],
    pattern: /-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----(?:[^-]+-----END [A-Z0-9 ]+-----)?/g,
  },
  {
    // user:password@host; the user alone is no secret.
    name: 'password in an address',
    key: 'PASSWORD',
    words: ['://'],
    pattern: /\b[a-z][a-z0-9+.-]*:\/\/[^\s:@/?#'"`]*:([^\s@/?#'"`]{3,})@[\w[.-]/dgi,
  },
];
