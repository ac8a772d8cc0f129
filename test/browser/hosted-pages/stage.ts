import Fastify, { type FastifyInstance } from 'fastify'
import t from 'tap'
import { service } from '../../../src/app.js'
import type { OutboxEntry } from '../../../src/delivery/sender.js'
// For the type of app.twoFactor.
import type {} from '../../../src/index.js'
import { resetClock } from '../../../src/testing/index.js'
import { freePort } from '../../free-port.js'
import { testCore } from '../../helper.js'
import { serveFiles } from '../harness/docs-site.js'
import { ARABIC } from './arabic.js'

const [port, foreignPort] = await Promise.all([freePort(), freePort()])

/** Origin of the pages. */
export const origin = `http://localhost:${port}`

/** To a browser, a site of somebody else. */
export const foreignOrigin = `http://evil.test:${foreignPort}`

export const app = Fastify({ logger: false }) as unknown as FastifyInstance
t.teardown(async () => {
  resetClock()
  await app.close()
})

/** By path: what happens to the next answer to a form. */
const held = new Map<string, () => Promise<void>>()
app.addHook('onSend', async ({ method, url }) => {
  const [path] = url.split('?', 1) as [string]
  const wait = method === 'POST' ? held.get(path) : undefined
  held.delete(path)
  await wait?.()
})

await app.register(service, {
  ...(await testCore()).options,
  maxEventLoopDelay: 0,
  appInfo: { appName: 'Shop', apiDomain: origin, websiteDomains: [origin] },
  hostedPages: true,
  emailVerification: 'required',
  secondFactors: ['sms', 'totp', 'passkey'],
  passkeySignIn: true,
  accountRecovery: true,
  knownBrowsers: true,
  factorKeys: ['f'.repeat(32)],
  messages: { ar: ARABIC },
  // Nobody waits in these tests.
  limits: false
})
await app.listen({ port, host: '127.0.0.1' })

const foreignPages = new Map<string, string>()
await serveFiles(t, foreignPort, async (path) => foreignPages.get(path))

/** Puts a page on the site of somebody else, and gives its address. */
export function putForeignPage (path: string, body: string): string {
  foreignPages.set(path, `<!doctype html><meta charset="utf-8"><title>A prize</title><link rel="icon" href="data:,">${body}`)
  return foreignOrigin + path
}

/** The newest message to somebody, with its `code` or `link`. */
export async function newest (to: string): Promise<OutboxEntry> {
  await app.twoFactor.delivered()
  const entry = app.twoFactor.outbox.last(to)
  if (entry === undefined) throw new Error(`There is no message to ${to}`)
  return entry
}

export const codeFor = async (to: string): Promise<string> => (await newest(to)).code!
export const linkFor = async (to: string): Promise<string> => (await newest(to)).link!

/** Holds back the answer to the next form that is sent to a path, as a slow network does. */
export function holdAnswer (path: string) {
  let release!: () => void
  const released = new Promise<void>((resolve) => { release = resolve })
  /** Resolves when everything is done that the form asks for. */
  const isDone = new Promise<void>((resolve) => {
    held.set(path, async () => {
      resolve()
      await released
    })
  })
  return { isDone, release }
}
