import { createServer } from 'node:http'
import type { IncomingHttpHeaders, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { pino } from 'pino'
import type { Test } from 'tap'
import { createOutbox } from '../../../src/delivery/outbox.js'

export interface ReceivedRequest {
  method: string
  url: string
  headers: IncomingHttpHeaders
  body: string
}

/** A real HTTP server on loopback that records what it gets and answers as the test says. */
export async function startHttpServer (t: Test, answer: (response: ServerResponse, request: ReceivedRequest, index: number) => void) {
  const requests: ReceivedRequest[] = []
  const server = createServer((incoming, response) => {
    const chunks: Buffer[] = []
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
    incoming.on('end', () => {
      const request = {
        method: incoming.method ?? '',
        url: incoming.url ?? '',
        headers: incoming.headers,
        body: Buffer.concat(chunks).toString()
      }
      requests.push(request)
      answer(response, request, requests.length - 1)
    })
  })
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, requests }
}

/** A port on which nothing listens. */
export async function closedPort (): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => { server.close(resolve) })
  return port
}

/** What every sender needs, with a real pino logger whose lines the test can read. */
export function createDependencies ({ timeout }: { timeout?: number } = {}) {
  const lines: string[] = []
  const logger = pino({ level: 'trace' }, { write: (line: string) => { lines.push(line) } })
  return { logger, lines, outbox: createOutbox(), ...(timeout !== undefined && { timeout }) }
}

export const MESSAGE = {
  to: '+14155550101',
  body: 'Your code is 815529, or open https://app.example/verify?preAuthSessionId=p#linkcode-secret',
  code: '815529',
  link: 'https://app.example/verify?preAuthSessionId=p#linkcode-secret'
}

/** The error that `send` must reject with, down to what it and the logs must not say. */
export async function rejectsTightLipped (t: Test, sending: Promise<void>, expected: string, lines: string[], secrets: string[]): Promise<void> {
  const error: unknown = await sending.then(() => undefined, (error: unknown) => error)
  t.match(error, { code: 'AUTH_DELIVERY_FAILED', statusCode: 502, message: expected, cause: undefined })
  t.equal((error as Error).message, expected)
  const told = [JSON.stringify(error), String(error), (error as Error).stack, ...lines].join('\n')
  for (const secret of secrets) t.notOk(told.includes(secret), `nothing says ${secret}`)
  const line: unknown = JSON.parse(lines.at(-1) ?? '{}')
  t.match(line, { level: 40, cause: expected.slice(expected.lastIndexOf(': ') + 2) })
}
