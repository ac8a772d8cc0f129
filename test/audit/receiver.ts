import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { Webhook } from 'standardwebhooks'
import type { Test } from 'tap'
import type { AuditEvent } from '../../src/index.js'

export const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`

export interface Received {
  id: string
  headers: IncomingMessage['headers']
  body: string
  event: AuditEvent
  /** What was answered; undefined as long as nothing was. */
  status: number | undefined
}

export interface Receiver {
  url: string
  received: Received[]
  /** Ids of events that were answered 2xx, in their order, each once. */
  taken (): string[]
  /** What is answered; undefined: nothing, ever. @default 204 */
  answer: (event: AuditEvent) => number | undefined | Promise<number | undefined>
  headers: Record<string, string>
}

/** A receiver that verifies as receivers do, by the library of Standard Webhooks; `null`: not at all, where the test's clock is wrong. */
export async function startReceiver (t: Pick<Test, 'teardown'>, secret: string | null = SECRET, tls?: { key: string, cert: string }): Promise<Receiver> {
  const webhook = secret === null ? undefined : new Webhook(secret)
  const receiver: Receiver = {
    url: '',
    received: [],
    taken: () => [...new Set(receiver.received.filter(({ status = 0 }) => status >= 200 && status < 300).map(({ id }) => id))],
    answer: () => 204,
    headers: {}
  }
  const listener: RequestListener = async (request, response) => {
    let body = ''
    for await (const chunk of request) body += String(chunk)
    let event: AuditEvent
    try {
      webhook?.verify(body, request.headers as Record<string, string>)
      event = (JSON.parse(body) as { data: AuditEvent }).data
    } catch {
      response.writeHead(401).end()
      return
    }
    const one: Received = { id: String(request.headers['webhook-id']), headers: request.headers, body, event, status: undefined }
    receiver.received.push(one)
    const status = await receiver.answer(event)
    if (status === undefined) return
    one.status = status
    response.writeHead(status, receiver.headers).end()
  }
  const server = tls === undefined ? createServer(listener) : createSecureServer(tls, listener)
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  receiver.url = `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${(server.address() as AddressInfo).port}/audit`
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return receiver
}
