import neostandard from 'neostandard'

export default [
  ...neostandard({ ts: true, ignores: ['dist', 'node_modules', '.tap'] }),
  {
    files: ['**/*.ts'],
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@stylistic/comma-dangle': ['error', 'never']
    }
  },
  {
    // The environment has one reader; a library inside a larger app must not read its host's, except for NODE_ENV.
    files: ['src/**/*.ts', 'plugins/**/*.ts', 'routes/**/*.ts'],
    ignores: ['src/cli.ts', 'src/options/node-env.ts'],
    rules: { 'n/no-process-env': 'error' }
  }
]
