import { BrokenCircuitError, circuitBreaker, ConsecutiveBreaker, handleWhen } from 'cockatiel'
import type { FastifyBaseLogger } from 'fastify'

/** Without one success in between: whatever still answers now and then is worth asking. */
const FAILURES = 5

/** How long nobody asks what has failed; also what clients are told to wait (`Retry-After`). */
export const PAUSE_SECONDS = 2

export interface CircuitOptions {
  /**
   * Whether a failure says that the other side is down. Never true for what a client can bring about by what it sends: whoever
   * could break the circuit at will could lock everybody out.
   */
  isOutage (error: unknown): boolean
  /** Told once, however often it is asked in vain. */
  onDown (): void
  onUp (): void
}

export interface Circuit {
  /** @throws what `work` throws, or what {@link isPaused} knows when it was not even tried */
  run<Result> (work: () => Promise<Result>): Promise<Result>
}

/**
 * Lets callers of something that is down fail at once instead of one time-out after the other, and finds out by single calls when it
 * is back.
 */
export function createCircuit ({ isOutage, onDown, onUp }: CircuitOptions): Circuit {
  const breaker = circuitBreaker(handleWhen(isOutage), { halfOpenAfter: PAUSE_SECONDS * 1000, breaker: new ConsecutiveBreaker(FAILURES) })
  let down = false
  breaker.onBreak(() => {
    // Each call that was made to find out, and failed, breaks it anew.
    if (!down) onDown()
    down = true
  })
  breaker.onReset(() => {
    down = false
    onUp()
  })
  return { run: (work) => breaker.execute(work) }
}

/** For the log: what is down is called by `name`, for example `the Core`. */
export function logged (log: Pick<FastifyBaseLogger, 'warn' | 'info'>, name: string): Pick<CircuitOptions, 'onDown' | 'onUp'> {
  return {
    onDown: () => { log.warn(`${name} does not answer; asked again every ${PAUSE_SECONDS} s`) },
    onUp: () => { log.info(`${name} answers again`) }
  }
}

/** Whether a circuit has refused, without asking. */
export function isPaused (error: unknown): boolean {
  return error instanceof BrokenCircuitError
}

const NETWORK_CODE = /^(?:ECONN|EPIPE|EHOST|ENET|EAI_|ENOTFOUND|ETIMEDOUT|ETIMEOUT|EDNS|ESOCKET|UND_ERR_)/

function codeOf (error: unknown): string {
  const { code } = (error ?? {}) as { code?: unknown }
  return typeof code === 'string' ? code : ''
}

/** No network, or nobody there: an error of Node's, `fetch`'s or nodemailer's, or a time limit. */
export function isNetworkFailure (error: unknown): boolean {
  if (!(error instanceof Error)) return false
  return error.name === 'TimeoutError' || NETWORK_CODE.test(codeOf(error)) || error.message === 'fetch failed' || NETWORK_CODE.test(codeOf(error.cause))
}

/** What proxies and balancers answer for a server that is not there. */
export function isGatewayFailure (status: number): boolean {
  return status >= 502 && status <= 504
}
