import { clearTimeout, setTimeout } from 'node:timers'

/** A clock and its timer, so that tests can have one of their own. */
export interface Clock {
  /** Milliseconds since 1970. */
  now (): number
  /** Runs once after so many milliseconds. @returns ends that */
  after (milliseconds: number, run: () => void): () => void
}

/** The system's. It keeps no process alive. */
export const SYSTEM_CLOCK: Clock = {
  now: () => Date.now(),
  after (milliseconds, run) {
    const timer = setTimeout(run, milliseconds).unref()
    return () => { clearTimeout(timer) }
  }
}
