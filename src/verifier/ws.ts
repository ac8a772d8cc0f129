import { STATUS_CODES, type IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { DemandOptions } from '../session/demand-options.js'
import { holdSession } from './held.js'
import type { Refusal } from './refusals.js'
import type { VerifiedSession } from './session.js'
import type { Verifier } from './verifier.js'

function answer (socket: Duplex, { status, headers, body }: Refusal): void {
  const content = JSON.stringify(body)
  const lines = Object.entries({ ...headers, 'content-type': 'application/json; charset=utf-8', 'content-length': Buffer.byteLength(content), connection: 'close' })
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${content}`)
}

/**
 * Decides about an `upgrade` of Node's HTTP server, for `ws` with `noServer` and others. Resolves with the session, or with
 * undefined once a refusal has been answered and the socket closed. An open socket outlives its session: close it yourself.
 *
 * @throws AUTH_OPTIONS_INVALID for what is misspelt
 */
export function require2FA (verifier: Verifier, demand?: DemandOptions) {
  const verify = verifier.requiring(demand)
  return async (request: IncomingMessage, socket: Duplex): Promise<VerifiedSession | undefined> => {
    // A client that hangs up meanwhile must not end the process.
    const hungUp = (): void => { socket.destroy() }
    socket.on('error', hungUp)
    const { method, headers } = request
    const decision = await verify({ method, headers, isWebSocket: true })
    if (!decision.admitted) {
      answer(socket, decision)
      return undefined
    }
    socket.off('error', hungUp)
    holdSession(request, decision.session)
    return decision.session
  }
}
