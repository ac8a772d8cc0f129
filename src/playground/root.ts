import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { isInstalled } from '../optional-package.js'

const require = createRequire(import.meta.url)

/** The repository: the compiler copies neither pages nor scripts, so they are served from where they are written. */
export const ROOT = dirname(require.resolve('fastify-2fa/package.json'))

export const PAGES = join(ROOT, 'src/playground/pages')

/** The scripts of supertokens-web-js for pages that are not bundled. */
export function sdkScripts (): string {
  if (!isInstalled('supertokens-web-js/package.json')) throw new Error('supertokens-web-js is not installed (npm ci, without --omit=dev)')
  return join(dirname(require.resolve('supertokens-web-js/package.json')), 'bundle')
}
