import { setTimeout } from 'node:timers'
import { wrapSdkFetch } from '../../supertokens/sdk-internals.js'

/** How long a write waits for the others, some of which may never come. */
const PATIENCE_MS = 50

const METADATA = '/recipe/user/metadata'

/**
 * Runs requests whose writes to users' metadata meet: each waits until as many have come. A Core in this process answers too
 * fast for requests to overtake each other; one elsewhere does not.
 */
export async function writingAtOnce<Result> (count: number, run: () => Promise<Result>): Promise<Result> {
  let waiting: Array<() => void> = []
  async function meet (): Promise<void> {
    await new Promise<void>((resolve) => {
      waiting.push(resolve)
      setTimeout(resolve, PATIENCE_MS)
      if (waiting.length < count) return
      for (const go of waiting) go()
      waiting = []
    })
  }
  let before: typeof globalThis.fetch
  wrapSdkFetch((fetch) => {
    before = fetch
    return async (input, init) => {
      if (init?.method === 'PUT' && String(input).includes(METADATA)) await meet()
      return await fetch(input, init)
    }
  })
  try {
    return await run()
  } finally {
    wrapSdkFetch(() => before)
  }
}
