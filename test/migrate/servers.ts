import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'

export async function listen (t: Test, handle: (request: IncomingMessage, response: ServerResponse) => Promise<void>): Promise<string> {
  const server = createServer((request, response) => { handle(request, response).catch(() => response.destroy()) })
  t.teardown(() => { server.closeAllConnections(); server.close() })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

export async function read (request: IncomingMessage): Promise<string> {
  let body = ''
  for await (const chunk of request.setEncoding('utf8')) body += String(chunk)
  return body
}

/** What a scripted Core answers to `POST /path`: a body, or a status and a text. */
export type Script = Record<string, object | [status: number, text: string]>

/** As much of a Core as an import of nothing special asks for; the test says what else. */
export async function scriptedCore (t: Test, script: Script): Promise<{ uri: string, seen: string[] }> {
  const answers: Script = {
    'GET /apiversion': { versions: ['5.4'] },
    'GET /bulk-import/users/count': { count: 0 },
    'GET /bulk-import/users': { users: [] },
    'GET /recipe/multitenancy/tenant/list/v2': { tenants: [{ tenantId: 'public' }] },
    ...script
  }
  const seen: string[] = []
  const uri = await listen(t, async (request, response) => {
    const question = `${request.method} ${String(request.url).split('?')[0]}`
    seen.push(`${question} ${await read(request)}`.trim())
    const answer = answers[question] ?? { status: 'OK' }
    if (Array.isArray(answer)) response.writeHead(answer[0] as number, { 'content-type': 'text/plain' }).end(answer[1])
    else response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
  })
  return { uri, seen }
}

export interface Exchange {
  question: string
  /** Passes the request on; without it the Core never hears of it. */
  forward (): Promise<void>
  /** Ends the connection without an answer. */
  drop (): void
  /** Answers in the Core's place. */
  answer (status: number): void
}

/** Something between importer and Core that loses what the test wants lost. `target` may be changed while it runs. */
export async function lossyProxy (t: Test, target: { uri: string, apiKey?: string }, meddle: (exchange: Exchange) => Promise<void> | void): Promise<{ uri: string, posts: number[] }> {
  const posts: number[] = []
  const uri = await listen(t, async (request, response) => {
    const body = await read(request)
    const question = `${request.method} ${String(request.url).split('?')[0]}`
    if (question === 'POST /bulk-import/users') posts.push((JSON.parse(body) as { users: unknown[] }).users.length)
    const forward = async () => {
      const answer = await fetch(target.uri + String(request.url), {
        method: String(request.method),
        headers: { 'cdi-version': '5.4', 'api-key': target.apiKey ?? String(request.headers['api-key']), 'content-type': 'application/json' },
        ...(body !== '' && { body })
      })
      const text = await answer.text()
      return () => { if (!response.writableEnded && !response.destroyed) response.writeHead(answer.status).end(text) }
    }
    let reply: (() => void) | undefined
    await meddle({
      question,
      forward: async () => { reply = await forward() },
      drop: () => response.destroy(),
      answer: (status) => { response.writeHead(status).end('in the way') }
    })
    if (!response.destroyed && !response.writableEnded) (reply ?? await forward())()
  })
  return { uri, posts }
}
