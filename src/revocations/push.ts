import type { FastifyBaseLogger } from 'fastify'
import type { Claims, Signer } from '../signing-keys/signer.js'
import type { SessionRevoked } from './event.js'
import type { EventReceiver } from './options.js'
import { securityEventsOf, SET_TYPE } from './security-event.js'
import { SYSTEM_CLOCK, type Clock } from '../system-clock.js'

const PATIENCE_MS = 5000
const FIRST_PAUSE_MS = 1000
const LONGEST_PAUSE_MS = 60_000
/** What is older tells of tokens that have expired by themselves. */
const LONGEST_WAIT_MS = 3_600_000
/** Events that wait for the receiver. */
const MOST = 10_000

interface PushOptions {
  receiver: EventReceiver
  signer: Pick<Signer, 'issuer' | 'sign'>
  log: Pick<FastifyBaseLogger, 'info' | 'warn' | 'error'>
  /** @default the global one */
  fetch?: typeof globalThis.fetch
  clock?: Clock
}

interface Waiting {
  claims: Claims
  since: number
  /** Signed once, so that a repetition is the same token. */
  token?: string
}

type Outcome = 'delivered' | 'refused' | 'failed'

/** Answers after which the same token may be taken later on: a time-out, a limit, a key that is being replaced, an outage. */
const mayWorkLater = (status: number): boolean => [401, 403, 408, 429].includes(status) || status >= 500

/**
 * Delivers what ends here to a receiver of security events, one token after another (RFC 8935). What it does not take is
 * tried again, in their order, for an hour.
 */
export function createPush ({ receiver: { url, token, audience = new URL(url).origin }, signer, log, fetch = globalThis.fetch, clock = SYSTEM_CLOCK }: PushOptions) {
  const queue: Waiting[] = []
  let key = token
  let running = false
  let failures = 0
  let isClosed = false
  let cancelPause = (): void => {}
  let lost = 0

  async function send (waiting: Waiting): Promise<Outcome> {
    waiting.token ??= await signer.sign(waiting.claims, { typ: SET_TYPE, audience, ttl: 'never' })
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': `application/${SET_TYPE}`, accept: 'application/json', authorization: `Bearer ${key}` },
      body: waiting.token,
      // The key is for this address only.
      redirect: 'error',
      signal: AbortSignal.timeout(PATIENCE_MS)
    })
    await response.body?.cancel()
    if (response.status >= 200 && response.status < 300) return 'delivered'
    if (mayWorkLater(response.status)) return 'failed'
    log.error({ status: response.status }, 'the receiver of security events refuses one')
    return 'refused'
  }

  function pause (): void {
    if (failures === 0) log.warn('the receiver of security events does not take them; they are sent again')
    const milliseconds = Math.min(FIRST_PAUSE_MS * 2 ** failures++, LONGEST_PAUSE_MS)
    cancelPause = clock.after(milliseconds, () => { work() })
  }

  function forgetOld (): void {
    while (queue.length > 0 && (queue.length > MOST || clock.now() - queue[0]!.since > LONGEST_WAIT_MS)) {
      queue.shift()
      lost++
    }
  }

  async function deliverAll (): Promise<void> {
    for (;;) {
      forgetOld()
      const [next] = queue
      if (next === undefined) return
      const outcome = await send(next).catch((): Outcome => 'failed')
      if (isClosed) return
      if (outcome === 'failed') { pause(); return }
      if (queue[0] === next) queue.shift()
      if (failures > 0) log.info({ lost }, 'the receiver of security events takes them again')
      failures = lost = 0
    }
  }

  function work (): void {
    if (running || isClosed) return
    running = true
    deliverAll().finally(() => {
      running = false
      // One may have come after the last look.
      if (queue.length > 0 && failures === 0) work()
    })
  }

  return {
    add (event: SessionRevoked): void {
      for (const claims of securityEventsOf(event, signer.issuer)) queue.push({ claims, since: clock.now() })
      forgetOld()
      // While it is down, the pause decides when it is asked again.
      if (failures === 0) work()
    },
    /** Shows another token from now on, with what waits as well. */
    useToken (next: string): void { key = next },
    get waiting (): number { return queue.length },
    close (): void {
      isClosed = true
      cancelPause()
      if (queue.length > 0) log.warn({ waiting: queue.length }, 'security events were not delivered')
    }
  }
}

export type Push = ReturnType<typeof createPush>
