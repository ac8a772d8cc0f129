import neostandard from 'neostandard'

export default [
  ...neostandard({ ts: true, ignores: ['**/dist', 'node_modules', '.tap'] }),
  {
    files: ['**/*.ts'],
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      // The compiler refuses these too, and these two rules take a sixth of the time.
      '@typescript-eslint/no-unused-vars': 'off',
      '@typescript-eslint/no-redeclare': 'off',
      '@stylistic/comma-dangle': ['error', 'never']
    }
  },
  {
    // The browser runs these as they are.
    files: ['src/playground/pages/*.js', 'src/hosted-pages/assets/*.js'],
    languageOptions: { globals: { document: 'readonly', fetch: 'readonly', FormData: 'readonly', HTMLFormElement: 'readonly', PublicKeyCredential: 'readonly', HTMLInputElement: 'readonly', navigator: 'readonly', history: 'readonly', location: 'readonly', window: 'readonly' } }
  },
  {
    // The environment has one reader; a library inside a larger app must not read its host's, except for NODE_ENV.
    files: ['src/**/*.ts', 'plugins/**/*.ts', 'routes/**/*.ts'],
    ignores: ['src/cli.ts', 'src/options/node-env.ts'],
    rules: { 'n/no-process-env': 'error' }
  },
  {
    // Hosts' tests fake clocks and timers. The time of day is theirs to move, so it is read when it is needed. Waiting
    // and work in the background go on, so they use Node's own timers.
    files: ['src/**/*.ts', 'plugins/**/*.ts', 'routes/**/*.ts'],
    rules: {
      'no-restricted-syntax': ['error', ...[
        'MemberExpression[object.name="Date"]:not(.callee)',
        ':matches(VariableDeclarator[init.name="Date"], AssignmentPattern[right.name="Date"])'
      ].map((selector) => ({ selector, message: 'Call Date.now() each time, or pass () => Date.now(): a clock that was taken earlier misses that it was moved.' }))],
      'no-restricted-globals': ['error',
        ...['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'setImmediate', 'clearImmediate'].map((name) => (
          { name, message: 'Import it from node:timers: hosts fake the global one in their tests.' })),
        { name: 'performance', message: 'Import it from node:perf_hooks: hosts fake the global one in their tests.' }
      ]
    }
  }
]
