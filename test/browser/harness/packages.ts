import { createRequire } from 'node:module'

/** Loads a package of test/browser/package.json: compiled tests are in dist, which has no node_modules. */
export const load = createRequire(new URL('../../../../test/browser/package.json', import.meta.url))
