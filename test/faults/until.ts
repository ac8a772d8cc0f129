import { setTimeout as sleep } from 'node:timers/promises'

/** Asks again and again; what does not come about in time is an error. */
export async function until (what: string, condition: () => boolean | Promise<boolean>, seconds = 180): Promise<void> {
  for (const deadline = Date.now() + seconds * 1000; !await condition();) {
    if (Date.now() > deadline) throw new Error(`waited ${seconds} s in vain: ${what}`)
    await sleep(20)
  }
}

/** Work that is done over and over, until it is stopped. */
export function repeat (work: () => Promise<unknown>): { stop (): Promise<void> } {
  const stopped = new AbortController()
  async function loop (): Promise<void> {
    // The pace of a person who is in a hurry; without it a refusal at once would be a flood, and processes that start
    // meanwhile would wait for it.
    while (!stopped.signal.aborted) await Promise.all([work(), sleep(100)])
  }
  const ended = loop()
  return {
    async stop () {
      stopped.abort()
      await ended
    }
  }
}
