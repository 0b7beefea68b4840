import js from '@eslint/js';
import tseslint from 'typescript-eslint';

/** Rooms of the tree and what each may import (ARCHITECTURE.md); the TypeScript project references say the same. */
// Of several that fit a file, the last one counts.
const boundaries = [
  { files: 'client/**/*.ts', deny: ['**/server/**'] },
  { files: 'flow/**/*.ts', deny: ['**/server/**', '**/client/**', 'vscode*', 'node:*', 'keytar'] },
  { files: 'server/**/*.ts', deny: ['**/client/**', 'vscode', 'vscode-languageclient*', 'keytar'] },
  { files: 'client/redaction/**/*.ts', deny: ['../**', 'vscode*', 'keytar'] },
  { files: 'client/keychain/**/*.ts', deny: ['../**', 'vscode*'] },
  {
    files: 'client/runner/**/*.ts',
    deny: ['**/server/**', '!@modelcontextprotocol/sdk/server/**', '**/keychain/**', 'vscode*', 'keytar'],
  },
  { files: 'client/testing/*.ts', deny: ['**/server/**', '**/keychain/**', 'vscode*', 'keytar'] },
  { files: 'client/debug/adapter/**/*.ts', deny: ['**/server/**', 'vscode', 'keytar'] },
  { files: 'client/cli/**/*.ts', deny: ['**/server/**', 'vscode*'] },
  { files: 'client/panel/model/**/*.ts', deny: ['**/server/**', 'vscode*', 'node:*'] },
  { files: 'client/panel/webview/**/*.ts', deny: ['**/server/**', '**/runner/**', 'vscode', 'node:*'] },
];

export default tseslint.config(
  { ignores: ['dist/', 'out/', '.vscode-host/', '.vscode-test/', 'test/ui/out/', 'test/fixtures/'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: {
        project: [
          'flow/tsconfig.json',
          'server/tsconfig.json',
          'client/tsconfig.json',
          'client/*/tsconfig.json',
          'client/panel/*/tsconfig.json',
          'test/tsconfig.json',
        ],
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      eqeqeq: ['error', 'always'],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-non-null-assertion': 'off',
    },
  },
  ...boundaries.map(({ files, deny }) => ({
    files: [files],
    rules: {
      'no-restricted-imports': [
        'error',
        { patterns: [{ group: deny, message: 'See ARCHITECTURE.md: dependencies point one way.' }] },
      ],
    },
  })),
  {
    files: ['**/*.mjs', '**/*.cjs'],
    languageOptions: {
      globals: Object.fromEntries(
        [
          'process',
          'console',
          'URL',
          'URLSearchParams',
          'Buffer',
          'setTimeout',
          'clearTimeout',
          'setInterval',
          'clearInterval',
          'fetch',
          'performance',
          'require',
          'module',
          '__dirname',
        ].map((name) => [name, 'readonly']),
      ),
    },
  },
);
