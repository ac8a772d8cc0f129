import { createRequire } from 'node:module'
import keySets from 'supertokens-node/lib/build/combinedRemoteJWKSet'
import urlPath from 'supertokens-node/lib/build/normalisedURLPath'
import { PostSuperTokensInitCallbacks } from 'supertokens-node/lib/build/postSuperTokensInitCallbacks'
import querier from 'supertokens-node/lib/build/querier'

const { cache } = createRequire(import.meta.url)

const STATE = /[\\/]supertokens-node[\\/]lib[\\/]build[\\/](recipe[\\/]\w+[\\/]recipe|supertokens)\.js$/

/** What `src/supertokens/sdk-internals.ts` replaces, as the SDK has it: this module is loaded before any app starts. */
const { getCombinedJWKS } = keySets
const { default: UrlPath } = urlPath
const { doFetch } = querier

interface Resettable { default: { reset (): void } }

/**
 * Lets the SDK be initialised again, with other options, as in a new process. Its own `reset` functions work in tests
 * only: they ask for `TEST_MODE`, which also changes what the SDK does, so it is set for no longer than that.
 */
export function resetSdk (): void {
  process.env.TEST_MODE = 'testing'
  for (const [file, loaded] of Object.entries(cache)) {
    if (STATE.test(file)) (loaded?.exports as Resettable).default.reset()
  }
  delete process.env.TEST_MODE
  // What an init that failed has left.
  Object.assign(PostSuperTokensInitCallbacks, { postInitCallbacks: [] })
  Object.assign(keySets, { getCombinedJWKS })
  Object.assign(urlPath, { default: UrlPath })
  Object.assign(querier, { doFetch })
}
