import { testCore } from '../../helper.js'
import { interceptCore } from '../../intercept-core.js'

/** The calls to the Core since `watchCalls`, and the one that is held. */
let calls: string[] = []
let held: { index: number, reached: () => void, released: Promise<void> } | undefined
/** From which call on the Core gets no more of them. */
let broken = Infinity

/** The Core whose calls are watched. Each test file has one of its own. */
let watched: string | undefined

async function watchCalls (): Promise<void> {
  calls = []
  const { connectionURI } = await testCore()
  if (watched === connectionURI) return
  watched = connectionURI
  await interceptCore(async (url, init, proceed) => {
    // These are made only when their answer is not cached.
    if (/multitenancy|apiversion|jwks/.test(url)) return await proceed(url, init)
    const index = calls.push(`${init?.method ?? 'GET'} ${new URL(url).pathname}`) - 1
    if (index >= broken) throw new TypeError('fetch failed')
    // Without its time limit: a test holds a call for as long as it takes.
    const response = await proceed(url, { ...init, signal: null })
    if (held?.index === index) {
      held.reached()
      await held.released
    }
    return response
  })
}

/** Lists the calls to the Core that `work` makes. */
export async function callsOf (work: () => Promise<unknown>): Promise<string[]> {
  await watchCalls()
  await work()
  return [...calls]
}

/** Begins `work`, holds the answer of its call number `index`, lets something else happen, and lets `work` go on. */
export async function interleave<Result> (work: () => Promise<Result>, index: number, meanwhile: () => Promise<unknown>): Promise<Result> {
  let release = () => {}
  const released = new Promise<void>((resolve) => { release = resolve })
  await watchCalls()
  const reached = new Promise<void>((resolve) => { held = { index, reached: resolve, released } })
  const result = work()
  await Promise.race([reached, result])
  held = undefined
  try {
    await meanwhile()
  } finally {
    release()
  }
  return await result
}

/** Runs `work` as if the service ended right before its call number `index`: no call from there on reaches the Core. */
export async function breakOff<Result> (work: () => Promise<Result>, index: number): Promise<Result> {
  await watchCalls()
  broken = index
  try {
    return await work()
  } finally {
    broken = Infinity
  }
}
