import { performance } from 'node:perf_hooks'
import { BrokenCircuitError, circuitBreaker, ConsecutiveBreaker, handleWhen, type IBackoff } from 'cockatiel'
import type { FastifyBaseLogger } from 'fastify'
import { textOf } from '../members.js'

/** Consecutive failures. A service that still answers now and then is worth asking. */
const FAILURES = 5

/** How long the circuit stays open; clients are told to wait as long (`Retry-After`). */
export const PAUSE_SECONDS = 2

export interface CircuitOptions {
  /**
   * Whether a failure means that the other side is down. Must be false for any failure that a client can provoke: a
   * client that can open the circuit at will can lock everybody out.
   */
  isOutage (error: unknown): boolean
  /** Called once per outage, however many calls fail meanwhile. */
  onDown (): void
  onUp (): void
  /** A clock that only runs forward, in milliseconds. @default performance.now */
  elapsed?: () => number
}

export interface Circuit {
  /**
   * @throws what `work` throws, or, if the circuit is open and `work` was not run, an error for which {@link isPaused}
   * is true
   */
  run<Result> (work: () => Promise<Result>): Promise<Result>
  /** Whether calls are held back. */
  readonly isOpen: boolean
}

/**
 * Creates a circuit breaker. While a service is down its callers fail at once, instead of each running into the
 * time-out; single trial calls detect when it is back.
 */
export function createCircuit ({ isOutage, onDown, onUp, elapsed = () => performance.now() }: CircuitOptions): Circuit {
  /**
   * Cockatiel compares the duration with the wall clock. That one may be set back, or stand still in a host's tests,
   * and the circuit would not close again. So the duration itself says whether the pause is over.
   */
  function pause (): IBackoff<unknown> {
    const start = elapsed()
    return { get duration () { return elapsed() - start < PAUSE_SECONDS * 1000 ? Infinity : -Infinity }, next: pause }
  }

  const breaker = circuitBreaker(handleWhen(isOutage), { halfOpenAfter: { next: pause }, breaker: new ConsecutiveBreaker(FAILURES) })
  let down = false
  breaker.onBreak(() => {
    // Each failed trial call opens the circuit again.
    if (!down) onDown()
    down = true
  })
  breaker.onReset(() => {
    down = false
    onUp()
  })
  return { run: (work) => breaker.execute(work), get isOpen () { return down } }
}

/** Logs outages of the service called `name`, for example `the Core`. */
export function logged (log: Pick<FastifyBaseLogger, 'warn' | 'info'>, name: string): Pick<CircuitOptions, 'onDown' | 'onUp'> {
  return {
    onDown: () => { log.warn(`${name} does not answer; asked again every ${PAUSE_SECONDS} s`) },
    onUp: () => { log.info(`${name} answers again`) }
  }
}

/** Whether an open circuit refused the call without making it. */
export function isPaused (error: unknown): boolean {
  return error instanceof BrokenCircuitError
}

const NETWORK_CODE = /^(?:ECONN|EPIPE|EHOST|ENET|EAI_|ENOTFOUND|ETIMEDOUT|ETIMEOUT|EDNS|ESOCKET|UND_ERR_)/

function hasNetworkCode (error: unknown): boolean {
  return NETWORK_CODE.test(textOf(error, 'code') ?? '')
}

/** Whether the network failed or nobody answered: an error of Node, `fetch` or nodemailer, or a time-out. */
export function isNetworkFailure (error: unknown): boolean {
  if (!(error instanceof Error)) return false
  return error.name === 'TimeoutError' || error.message === 'fetch failed' || hasNetworkCode(error) || hasNetworkCode(error.cause)
}

/** Whether a proxy or load balancer reports that the server behind it is not available. */
export function isGatewayFailure (status: number): boolean {
  return status >= 502 && status <= 504
}
