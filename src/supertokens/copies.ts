import nodeModule from 'node:module'
import { SdkDuplicated } from '../errors.js'
import { Sdk } from './sdk-internals.js'

/** The file of the SDK that holds its state. All builds of the SDK are CommonJS. */
const STATE = /[\\/]supertokens-node[\\/]lib[\\/]build[\\/]supertokens\.js$/

/**
 * Refuses a second copy of the SDK. Each copy has its own state: the host's calls would go to one that nobody has
 * started, or that has other rules. Copies that are bundled, or loaded later, cannot be seen here.
 *
 * @throws AUTH_SDK_DUPLICATED naming the other copies
 */
export function refuseOtherCopies (): void {
  // The cache is the same for all of Node; the path is only a starting point.
  const { cache } = nodeModule.createRequire(process.execPath)
  const others = Object.keys(cache).filter((file) => {
    if (!STATE.test(file)) return false
    const loaded = cache[file]?.exports as { default?: unknown } | undefined
    return loaded?.default !== Sdk
  })
  if (others.length > 0) throw new SdkDuplicated(others.join(', '))
}
