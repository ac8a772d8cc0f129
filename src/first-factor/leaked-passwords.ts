import { createHash } from 'node:crypto'
import { bulkhead } from 'cockatiel'
import type { FastifyBaseLogger } from 'fastify'
import { failure, shortCause } from '../delivery/failures.js'
import { memberOf } from '../members.js'
import { createCircuit, isGatewayFailure, isNetworkFailure, isPaused, logged } from '../outage/circuit.js'
import { traceCalls } from '../tracing/calls.js'
import { normalPassword } from './normal-password.js'

export interface LeakedPasswords {
  /** Asked for `<url>/<prefix>`. */
  url: string
  /** Seconds. */
  timeout: number
}

/** Hexadecimal digits of the hash that leave this machine. The service cannot tell which of some thousand passwords it is. */
const PREFIX = 5
/** An answer with padding is a tenth of it. */
const MOST_BYTES = 1_048_576
/** Strangers can have passwords looked up. Further ones are not waited for. */
const AT_ONCE = 16

/** Reads an answer up to the ceiling: one that never ends must not fill the memory. */
async function readText (response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += (chunk as Uint8Array).length
    if (size > MOST_BYTES) throw failure('the answer is too long')
    chunks.push(chunk as Uint8Array)
  }
  return Buffer.concat(chunks).toString()
}

function isOutage (err: unknown): boolean {
  const status = memberOf(err, 'status')
  return isNetworkFailure(err) || (typeof status === 'number' && isGatewayFailure(status))
}

/**
 * Asks a service of leaked passwords, such as Pwned Passwords, by the beginning of a hash (k-anonymity): it learns neither
 * the password nor its hash. `Add-Padding` makes all answers about as long, so that nobody on the way learns more.
 *
 * Whoever cannot be answered in time chooses what they like: a service elsewhere must not keep people from signing up.
 *
 * @returns whether a password is known to have leaked; false as well when the service does not answer
 */
export function createLeakedPasswords ({ url, timeout }: LeakedPasswords, log: FastifyBaseLogger): (password: string) => Promise<boolean> {
  const circuit = createCircuit({ ...logged(log, 'the service of leaked passwords'), isOutage })
  const few = bulkhead(AT_ONCE)

  async function rangeOf (prefix: string): Promise<string> {
    const response = await traceCalls(fetch)(`${url.replace(/\/$/, '')}/${prefix}`, {
      headers: { 'add-padding': 'true', 'user-agent': 'fastify-2fa' },
      // Only the address that is configured is asked.
      redirect: 'error',
      signal: AbortSignal.timeout(timeout * 1000)
    })
    if (response.ok) return await readText(response)
    await response.body?.cancel()
    throw Object.assign(failure(`status ${response.status}`), { status: response.status })
  }

  return async function isLeaked (password) {
    const hash = createHash('sha1').update(normalPassword(password)).digest('hex').toUpperCase()
    try {
      const range = await few.execute(() => circuit.run(() => rangeOf(hash.slice(0, PREFIX))))
      const line = range.split('\n').find((one) => one.startsWith(`${hash.slice(PREFIX)}:`))
      // Lines that pad the answer have been seen 0 times.
      return line !== undefined && Number.parseInt(line.slice(line.indexOf(':') + 1), 10) > 0
    } catch (err) {
      // Without what was asked: five digits of a hash and a time lead to a person and a few thousand passwords.
      log.warn({ cause: isPaused(err) ? 'has not answered several times' : shortCause(err) }, 'a password was accepted that could not be looked up among the leaked ones')
      return false
    }
  }
}
