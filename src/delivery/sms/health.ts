import { performance } from 'node:perf_hooks'
import { logged, PAUSE_SECONDS } from '../../outage/circuit.js'
import { regionOf } from '../../phone/countries.js'
import { failure, isNotConnected, isOutage } from '../failures.js'
import type { DeliveryLogger } from '../sender.js'

/** Failures in a row. A provider that still takes a message now and then is worth asking. */
const FAILURES = 5

export interface HealthOptions {
  logger: DeliveryLogger
  /** For the log. */
  name: string
  /** A clock that only runs forward, in milliseconds. @default performance.now */
  elapsed?: () => number
  /** Hears that it does not answer any more, or does again: for all numbers, or for those of a country at least. */
  onOutage?: ((isDown: boolean) => void) | undefined
}

/** The cause of a failure where a provider was not asked. */
export const PAUSED = 'has not answered several times'

function createWay (name: string, { logger, elapsed, changed }: { logger: DeliveryLogger, elapsed: () => number, changed: (isDown: boolean) => void }) {
  const { onDown, onUp } = logged(logger, name)
  const failures = new Set<unknown>()
  let closedAt: number | undefined

  return {
    /** Whether a message may try it. While it is down, one does every two seconds. */
    admits (): boolean {
      if (closedAt === undefined) return true
      if (elapsed() - closedAt < PAUSE_SECONDS * 1000) return false
      closedAt = elapsed()
      return true
    },
    succeeded (): void {
      failures.clear()
      if (closedAt === undefined) return
      closedAt = undefined
      onUp()
      changed(false)
    },
    /** @param subject counts once */
    failed (subject: unknown): void {
      failures.add(subject)
      if (failures.size < FAILURES) return
      failures.clear()
      const isNews = closedAt === undefined
      closedAt = elapsed()
      if (!isNews) return
      onDown()
      changed(true)
    }
  }
}

/**
 * Knows whether a provider answers. It recovers by itself: while it is down, a message tries it every two seconds.
 *
 * Strangers choose numbers, and a number can make a provider hang or answer 502. So what happens once the provider has
 * been reached counts for the country of the number only, and once for each number. Only a connection that could not be
 * made counts for all of them.
 */
export function createHealth ({ logger, name, elapsed = () => performance.now(), onOutage }: HealthOptions) {
  let down = 0
  function changed (isDown: boolean): void {
    down += isDown ? 1 : -1
    if (down === (isDown ? 1 : 0)) onOutage?.(isDown)
  }
  const parts = { logger, elapsed, changed }
  const all = createWay(name, parts)
  // As many as there are countries.
  const countries = new Map<string, ReturnType<typeof createWay>>()

  function countryOf (to: string): ReturnType<typeof createWay> {
    const region = regionOf(to)
    const found = countries.get(region) ?? createWay(`${name} for numbers of ${region}`, parts)
    countries.set(region, found)
    return found
  }

  return {
    /** @throws what `work` throws, or at once that it was not asked */
    async run (to: string, work: () => Promise<void>): Promise<void> {
      const country = countryOf(to)
      if (!all.admits() || !country.admits()) throw failure(PAUSED)
      try {
        await work()
      } catch (error) {
        if (isNotConnected(error)) all.failed({})
        else if (isOutage(error)) country.failed(to)
        throw error
      }
      all.succeeded()
      country.succeeded()
    }
  }
}

export type Health = ReturnType<typeof createHealth>
