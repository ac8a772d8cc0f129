import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import { service, type ServiceOptions } from '../../src/app.js'
import { testCore } from '../helper.js'
import { SECRET } from '../forward-auth/proxy.js'
import type { Client } from './client.js'

export const AUTH = 'https://auth.example.com'
export const SHOP = 'https://shop.example.com'
export const CARELESS = 'https://careless.example.com'

/** The service, listening on loopback, as the proxies' examples expect it. */
export async function startService (test: Test, options: ServiceOptions = {}): Promise<{ app: FastifyInstance, port: number }> {
  const app = Fastify({ logger: false, trustProxy: ['127.0.0.1'] })
  test.teardown(() => app.close())
  await app.register(service, {
    ...(await testCore()).options,
    maxEventLoopDelay: 0,
    appInfo: { appName: 'Shop', apiDomain: AUTH, websiteDomains: [AUTH] },
    ...(options.appInfo === undefined && { cookieDomain: 'example.com' }),
    hostedPages: true,
    antiCsrf: 'VIA_CUSTOM_HEADER',
    forwardAuth: { origins: [SHOP, CARELESS], proxySecret: SECRET },
    ...options
  })
  await app.listen({ host: '127.0.0.1', port: 0 })
  return { app, port: (app.server.address() as AddressInfo).port }
}

/** A request that the service behind the proxy has got. */
export interface Arrived {
  method: string
  url: string
  headers: IncomingHttpHeaders
  rawHeaders: string[]
  body: string
}

/** A service behind the proxy: it notes every request, and takes WebSockets. */
export async function startShop (test: Test): Promise<{ port: number, arrived: Arrived[] }> {
  const arrived: Arrived[] = []
  const shop: Server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => { body += chunk.toString() })
    request.on('end', () => {
      arrived.push({ method: request.method!, url: request.url!, headers: request.headers, rawHeaders: request.rawHeaders, body })
      response.end(`shop ${request.url}`)
    })
  })
  shop.on('upgrade', (request, socket) => {
    arrived.push({ method: request.method!, url: request.url!, headers: request.headers, rawHeaders: request.rawHeaders, body: '' })
    socket.end('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\nhello')
  })
  test.teardown(() => {
    shop.closeAllConnections()
    shop.close()
  })
  shop.listen(0, '127.0.0.1')
  await once(shop, 'listening')
  return { port: (shop.address() as AddressInfo).port, arrived }
}

export interface Certificate { cert: string, key: string }

/** For both names, and as long as a test takes. */
export function makeCertificate (folder: string): Certificate {
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '1', '-subj', '/CN=example.com', '-addext', 'subjectAltName=DNS:*.example.com', '-keyout', key, '-out', cert], { stdio: 'ignore' })
  return { cert, key }
}

/** Starts a proxy, and ends it with the test file. Resolves once it has printed that it is ready. */
export async function startProxy (command: string, args: string[], ready: string, env: Record<string, string> = {}): Promise<void> {
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, ...env } })
  t.teardown(async () => {
    if (child.exitCode !== null) return
    child.kill('SIGTERM')
    await once(child, 'exit')
  })
  await new Promise<void>((resolve, reject) => {
    let text = ''
    child.once('error', (err) => { reject(new Error(`${command} cannot be started; install it, on Debian by: apt-get install ${command}`, { cause: err })) })
    child.once('exit', () => { reject(new Error(`${command} has ended: ${text}`)) })
    child.stderr.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      if (text.includes(ready)) resolve()
    })
  })
}

export interface StoryOptions {
  name: 'nginx' | 'caddy'
  app: FastifyInstance
  arrived: Arrived[]
  client: Client
}

/** What a visitor would like to be. */
export const FORGED = Object.fromEntries(['user-id', 'session', 'acr', 'amr', 'time', 'roles', 'assertion'].map((name) => [`x-auth-${name}`, 'forged']))
