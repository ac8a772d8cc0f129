import { request } from 'node:http'
import type { FastifyInstance } from 'fastify'
import type { Test } from 'tap'
import { loadConfig } from '../../src/config/load.js'
import { createServer } from '../../src/server.js'
import { freePort } from '../free-port.js'

/** The service with the playground, as `npm start` runs it, on ports of its own. */
export async function startPlayground (t: Test, env: Record<string, string> = {}): Promise<{ app: FastifyInstance, api: string, website: string, said: string }> {
  const [port, sitePort] = [await freePort(), await freePort()]
  const website = `http://localhost:${sitePort}`
  const config = loadConfig({ PORT: String(port), WEBSITE_DOMAIN: website, EMBEDDED_CORE_FILE: ':memory:', MAX_EVENT_LOOP_DELAY: '0', ...env })
  let say: (text: string) => void
  const saying = new Promise<string>((resolve) => { say = resolve })
  const write = (line: string): void => {
    const { msg } = JSON.parse(line) as { msg: string }
    if (/^open http|playground/.test(msg)) say(msg)
  }
  const app = createServer({ ...config, logLevel: 'info' }, { stream: { write } })
  t.teardown(() => app.close())
  await app.listen({ host: '127.0.0.1', port })
  return { app, api: `http://localhost:${port}`, website, said: await saying }
}

export interface Answer { status: number, headers: Record<string, string | string[] | undefined>, body: string }

/** A request with any `Host`, which fetch does not allow. */
export async function ask (url: string, { host, method = 'GET' }: { host?: string, method?: string } = {}): Promise<Answer> {
  return await new Promise((resolve, reject) => {
    const sent = request(url, { method, agent: false, ...(host !== undefined && { headers: { host } }) }, (response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (text: string) => { body += text })
      response.on('end', () => { resolve({ status: response.statusCode ?? 0, headers: response.headers, body }) })
    })
    sent.on('error', reject).end()
  })
}
