// Which part may import which: `npm run lint` checks it. Types count as imports, so that each part can be read on its own.
const ENTRIES = '^src/(app|fastify-2fa|index)\\.ts$'
const PUBLISHED = '^(src|plugins|routes)/'
// Neither in the package nor in the container.
const PLAYGROUND = '^src/playground/'

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    {
      name: 'plugins-not-to-routes',
      comment: 'Routes depend on plugins, and plugins on src.',
      severity: 'error',
      from: { path: '^plugins/' },
      to: { path: '^routes/' }
    },
    {
      name: 'plugins-not-to-each-other',
      comment: 'Plugins share names.ts only. They reach each other through Fastify\'s decorators.',
      severity: 'error',
      from: { path: '^plugins/' },
      to: { path: '^plugins/', pathNot: '^plugins/names\\.ts$' }
    },
    {
      name: 'src-not-to-plugins-or-routes',
      comment: 'Only app.ts and fastify-2fa.ts register plugins and routes, and index.ts exports them.',
      severity: 'error',
      from: { path: '^src/', pathNot: ENTRIES },
      to: { path: '^(plugins|routes)/' }
    },
    {
      name: 'embedded-core-stands-alone',
      comment: 'The embedded Core is an application of its own, so that it behaves like a real Core.',
      severity: 'error',
      from: { path: '^src/embedded-core/' },
      to: { path: [PUBLISHED, '^(test|bench)/'], pathNot: '^src/embedded-core/' }
    },
    {
      name: 'embedded-core-only-from-its-callers',
      comment: 'Everything else reaches a Core through src/core-fetch.ts. Add a file here only if it starts or reads the embedded Core.',
      severity: 'error',
      from: {
        path: PUBLISHED,
        pathNot: [
          '^src/embedded-core/',
          '^plugins/core-connection\\.ts$',
          '^src/core-fetch\\.ts$',
          '^src/testing/test-core\\.ts$',
          '^src/commands/(backup|backup-settings|core|export|restore|user-core)\\.ts$',
          // For the names and limits of a Core's settings.
          '^src/config/kinds-domain\\.ts$',
          // For the types of exported users and of its events; the next rule keeps them to types.
          '^src/migrate/',
          '^src/audit/core-events\\.ts$'
        ]
      },
      to: { path: '^src/embedded-core/' }
    },
    {
      name: 'only-types-of-embedded-core',
      comment: 'An import talks to any Core, and the audit only tells of one. They need shapes, not code.',
      severity: 'error',
      from: { path: '^src/(migrate/|audit/core-events\\.ts$)' },
      to: { path: '^src/embedded-core/', dependencyTypesNot: ['type-only'] }
    },
    {
      name: 'embedded-core-only-through-its-entries',
      comment: 'index.ts is the Core, config.ts the form of its settings, in-process.ts the way to one that runs here, and socket-path.ts where that of another process is. The rest is internal.',
      severity: 'error',
      from: { path: PUBLISHED, pathNot: '^src/embedded-core/' },
      to: { path: '^src/embedded-core/', pathNot: '^src/embedded-core/(index|config|in-process|socket-path)\\.ts$' }
    },
    {
      name: 'verifier-stands-alone',
      comment: 'Services that only verify tokens need neither the SDK nor Fastify, nor their types. test/verifier/import-graph.test.ts checks what it reaches.',
      severity: 'error',
      from: { path: '^src/verifier/' },
      to: { path: ['node_modules/(supertokens-node|fastify)/', '^(plugins|routes)/'] }
    },
    {
      name: 'revocation-feed-stands-alone',
      comment: 'Services that verify tokens load it, without Fastify and SuperTokens.',
      severity: 'error',
      from: { path: '^src/revocations/(feed|revoked-sessions|sse-parser|event)\\.ts$' },
      to: { pathNot: ['^src/revocations/(feed|revoked-sessions|sse-parser|event)\\.ts$', '^(node:)?timers$'] }
    },
    {
      name: 'no-circles',
      comment: 'Files that import each other, even only for types, can only be understood together.',
      severity: 'error',
      from: {},
      to: { circular: true }
    },
    {
      name: 'published-not-to-tests',
      comment: 'The package contains no tests, no benchmarks and no devDependencies.',
      severity: 'error',
      from: { path: PUBLISHED },
      to: { path: '^(test|bench|scripts)/' }
    },
    {
      name: 'published-not-to-dev-dependencies',
      comment: 'Move the package to dependencies, or to peerDependencies if apps use it too.',
      severity: 'error',
      from: { path: PUBLISHED, pathNot: PLAYGROUND },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['npm', 'npm-peer'] }
    },
    {
      name: 'playground-only-from-server',
      comment: 'What the package exports must not need what it does not contain.',
      severity: 'error',
      from: { path: PUBLISHED, pathNot: [PLAYGROUND, '^src/server\\.ts$'] },
      to: { path: PLAYGROUND }
    },
    {
      name: 'not-to-unresolvable',
      comment: 'A rule cannot check a file that is not found.',
      severity: 'error',
      from: { path: PUBLISHED },
      // Node 20 has no node:sqlite; storage.ts takes a package there.
      to: { couldNotResolve: true, pathNot: '^node:sqlite$' }
    }
  ],
  options: {
    doNotFollow: { path: ['node_modules', '^dist/'] },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' }
  }
}
