import type { IncomingMessage } from 'node:http'
import { parse } from 'node:querystring'
import type { FastifyBaseLogger, FastifyContextConfig } from 'fastify'
import type { Apps } from '../tenants/apps.js'
import type { Handler, Told } from './call.js'
import { createRewriter, type Routes } from './paths.js'
import { admit, failureOf, sendFailure } from './transport.js'

/** A call in this process. Header names are in lower case. */
export interface DirectCall {
  method: string
  /** Path and query. */
  url: string
  headers: Record<string, string>
  body: string | undefined
}

export interface DirectAnswer {
  status: number
  headers: Record<string, string>
  body: string
}

/** A route's handler, by method and path: `GET /hello`. */
export type Handlers = Map<string, { handler: Handler, config: FastifyContextConfig }>

interface DirectOptions {
  apps: Apps
  routes: Routes
  handlers: Handlers
  fallbackKeys: string[]
  log: Pick<FastifyBaseLogger, 'error' | 'warn'>
}

function createReply (): { answer: DirectAnswer, reply: Told } {
  const answer: DirectAnswer = { status: 200, headers: {}, body: '' }
  const reply: Told = {
    code (statusCode) { answer.status = statusCode; return reply },
    header (name, value) { answer.headers[name] = value; return reply },
    send (text) { answer.body = text; return reply }
  }
  return { answer, reply }
}

/**
 * Answers calls of this process by the server's own routes, keys, versions and errors, without the request and response
 * of HTTP: these take most of the time of a call.
 *
 * @returns undefined for what no route takes, which is left to the server to refuse
 */
export function createDirect ({ apps, routes, handlers, fallbackKeys, log }: DirectOptions) {
  const rewrite = createRewriter(routes)

  return async function answerDirectly ({ method, url, headers, body }: DirectCall): Promise<DirectAnswer | undefined> {
    const raw = { url, headers } as unknown as IncomingMessage
    const [path = '', query = ''] = rewrite(raw).split(/\?(.*)/s)
    const found = handlers.get(`${method} ${path}`)
    if (found === undefined) return undefined
    const { answer, reply } = createReply()
    try {
      const request = { raw, headers, query: parse(query, '&', '=', { maxKeys: 0 }), body, server: { apps } }
      admit(request, found.config, apps, fallbackKeys)
      await found.handler(request, reply)
    } catch (error) {
      sendFailure(reply, failureOf(error as Error, log))
    }
    return answer
  }
}

export type AnswerDirectly = ReturnType<typeof createDirect>
