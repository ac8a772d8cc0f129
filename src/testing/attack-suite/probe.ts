import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { randomUUID } from 'node:crypto'
import { clearTimeout, setTimeout } from 'node:timers'
import type { FastifyInstance, FastifyRequest, InjectOptions } from 'fastify'
import { memberOf } from '../../members.js'
import type { AttackAnswer } from './types.js'

/** Fastify announces here each handler that is about to run: so the suite sees who gets in, whatever the answer is. */
const HANDLERS = 'tracing:fastify.request.handler:start'
/** Tells the suite's requests from others of the process. */
const MARK = 'x-attack-suite'

type Reply = Omit<AttackAnswer, 'handler'>

const NO_REPLY: Reply = { statusCode: undefined, headers: {}, body: '' }

/** How long a request may take to its handler, or to a refusal: on a busy machine, too. */
const ON_ITS_WAY_MS = 30_000

/** A promise that resolves in time, and the way to choose another time. */
function alarm () {
  let timer: NodeJS.Timeout | undefined
  let ring = (): void => {}
  const rung = new Promise<Reply>((resolve) => { ring = () => { resolve(NO_REPLY) } })
  const set = (milliseconds?: number): void => {
    clearTimeout(timer)
    if (milliseconds !== undefined) timer = setTimeout(ring, milliseconds)
  }
  return { rung, set }
}

async function watching (patience: number, send: (mark: Record<string, string>) => Promise<Reply>): Promise<AttackAnswer> {
  const mark = randomUUID()
  const late = alarm()
  let handler: string | undefined
  const onHandler = (message: unknown): void => {
    const request = memberOf(message, 'request') as FastifyRequest
    if (request.headers[MARK] !== mark || handler !== undefined) return
    handler = `${request.method} ${request.routeOptions.url ?? request.url}`
    late.set(patience)
  }
  subscribe(HANDLERS, onHandler)
  late.set(ON_ITS_WAY_MS)
  try {
    // What cannot be sent, such as a path that is no URL, gets nobody in.
    const reply = await Promise.race([send({ [MARK]: mark }).catch(() => NO_REPLY), late.rung])
    return { ...reply, handler }
  } finally {
    late.set()
    unsubscribe(HANDLERS, onHandler)
  }
}

/** Sends a request, and sees whose handler takes it. */
export async function sendRequest (app: FastifyInstance, request: InjectOptions, patience: number): Promise<AttackAnswer> {
  return await watching(patience, async (mark) => {
    const { statusCode, headers, body } = await app.inject({ ...request, headers: { ...request.headers, ...mark } })
    return { statusCode, headers, body }
  })
}

interface WebSocketHost {
  injectWS? (path: string, request: { headers: Record<string, string> }): Promise<{ terminate (): void }>
}

/** Opens a WebSocket of `@fastify/websocket`, and closes it. Its status is 101 where it opened. */
export async function openWebSocket (scope: FastifyInstance & WebSocketHost, url: string, headers: Record<string, string>, patience: number): Promise<AttackAnswer> {
  return await watching(patience, async (mark) => {
    try {
      const socket = await scope.injectWS!(url, { headers: { ...headers, ...mark } })
      socket.terminate()
      return { statusCode: 101, headers: {}, body: '' }
    } catch (err) {
      const status = /response: (\d+)/.exec((err as Error).message)?.[1]
      return { ...NO_REPLY, ...(status !== undefined && { statusCode: Number(status) }) }
    }
  })
}

export type Verdict = 'admitted' | 'refused' | 'unclear'

const REFUSALS = [401, 403]

/** The default of `isRefusal`. A guard may also lead people to a page where they sign in. */
export function isUsualRefusal ({ statusCode = 0, handler }: AttackAnswer): boolean {
  return REFUSALS.includes(statusCode) || (handler === undefined && statusCode >= 300 && statusCode < 400)
}

/**
 * Whether an answer means that somebody came in. A handler that has run counts whatever it answered, for it has done its work:
 * 404 says that an order does not exist, to whoever asks. Without the handler, 400 of a schema or 429 of a limit say nothing of
 * guards, since most run before them.
 */
export function verdictOf (answer: AttackAnswer, isRefusal: (answer: AttackAnswer) => boolean): Verdict {
  if (isRefusal(answer)) return 'refused'
  const { statusCode = 0, handler } = answer
  if (handler !== undefined) return 'admitted'
  // A hook has answered in the handler's place, such as a cache.
  return statusCode >= 200 && statusCode < 300 ? 'admitted' : 'unclear'
}
