import { existsSync } from 'node:fs'
import { STATUS_CODES } from 'node:http'
import { constants } from 'node:os'
import { clearInterval, setInterval } from 'node:timers'
import { setTimeout as sleep } from 'node:timers/promises'
import closeWithGrace from 'close-with-grace'
import Fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest, type FastifyServerOptions } from 'fastify'
import { listenForAdmin } from './admin-api/listener.js'
import { service } from './app.js'
import type { Config } from './config/load.js'
import type { Environment } from './config/read.js'
import { summary } from './config/summary.js'
import { makeDirectoryOf } from './data-directory.js'
import { CoreUnavailable, NotFound } from './errors.js'
import { createProxyTrust } from './forward-auth/proxy-trust.js'
import { inClientsLanguage } from './language/answers.js'
import { isInstalled } from './optional-package.js'
import { PAUSE_SECONDS } from './outage/circuit.js'
import { waitForAll, watchReadiness } from './service/announce.js'
import { createServiceReload, type ReadSettings } from './service/reload.js'
import { createRequestLog } from './service/request-log.js'
import { certificateWarnings, readContexts, readTls, type TlsContexts } from './service/tls.js'
import { isCoreOutage } from './supertokens/failures.js'
import { activeTraceId, flushTraces } from './tracing/opentelemetry.js'
import { createRequestIds, REQUEST_ID_HEADER } from './tracing/request-id.js'
import { writeServerSpans } from './tracing/server-spans.js'
import { WITHOUT_QUERY } from './without-query.js'

/** Redact sessions, passwords and codes even if someone logs headers or a body by mistake. */
const SECRET_HEADERS = ['authorization', 'cookie', 'set-cookie', 'st-access-token', 'st-refresh-token', 'anti-csrf', 'api-key', 'x-forward-auth-secret', 'x-auth-assertion']
const SECRET_FIELDS = ['password', 'userInputCode', 'linkCode', 'token', 'accessToken', 'refreshToken']
const REDACT = [
  ...['headers', 'req.headers', 'res.headers', 'err.headers'].flatMap((place) => SECRET_HEADERS.map((name) => `${place}["${name}"]`)),
  ...['', 'body.', 'req.body.'].flatMap((place) => SECRET_FIELDS.map((name) => `${place}${name}`))
]

/** What a person who reads along need not see, since the message says it: a line each, so that a code is seen among them. */
const ASIDE = 'pid,hostname,reqId,request,audit,channel,sender,reasons,seconds,changed,needRestart,warning'

function loggerOptions ({ logLevel }: Config, { stream }: ServerOptions): NonNullable<FastifyServerOptions['logger']> {
  return {
    level: logLevel,
    redact: REDACT,
    mixin () {
      const traceId = activeTraceId()
      return traceId === undefined ? {} : { trace_id: traceId }
    },
    serializers: {
      ...WITHOUT_QUERY,
      res: ({ statusCode }) => ({ statusCode })
    },
    // On a terminal a person reads the log, otherwise a program does; NODE_ENV does not matter here. Where an app has
    // installed the library without pino-pretty, the person reads what a program would.
    ...(stream !== undefined ? { stream } : process.stdout.isTTY && isInstalled('pino-pretty') && { transport: { target: 'pino-pretty', options: { translateTime: 'HH:MM:ss', ignore: ASIDE } } })
  }
}

const SAFE_TEXTS: Record<number, [error: string, message: string]> = {
  500: ['Internal Server Error', 'Something went wrong on our side. Please try again later.'],
  502: ['Bad Gateway', 'A service we depend on did not respond as expected. Please try again later.'],
  503: ['Service Unavailable', 'The service is not available at the moment. Please try again later.']
}

/** A server error reveals no internals. Only our own documented codes are sent to the client. */
function answerError (thrown: unknown, request: FastifyRequest, reply: FastifyReply): void {
  // A handler may call the Core itself, for more than the guard does.
  const error = isCoreOutage(thrown) ? new CoreUnavailable({ cause: thrown }) : thrown
  const { statusCode: status = 500, code } = (error ?? {}) as Partial<FastifyError>
  if (status >= 400 && status < 500) {
    // Fastify's own handler logs and formats it.
    reply.code(status).send(error)
    return
  }
  request.log.error({ err: error }, 'request failed')
  const statusCode = status in SAFE_TEXTS ? status : 500
  reply.header('cache-control', 'no-store')
  if (statusCode === 503) reply.header('retry-after', PAUSE_SECONDS)
  const [name, message] = SAFE_TEXTS[statusCode] as [string, string]
  const answer = { statusCode, ...(code?.startsWith('AUTH_') && { code }), error: name, message }
  reply.code(statusCode).send(inClientsLanguage(request.server.twoFactor.languages, request, reply, answer))
}

/**
 * Closes connections that become idle while the app closes. Fastify closes only those that are idle at the start; the
 * others would delay the end by their whole keep-alive time.
 */
function drainOnClose (app: FastifyInstance): void {
  let timer: NodeJS.Timeout | undefined
  app.addHook('preClose', async () => {
    timer = setInterval(() => { app.server.closeIdleConnections() }, 50)
  })
  app.addHook('onClose', async () => { clearInterval(timer) })
}

/** The port of the embedded Core, if it has one, so that other tools can connect. */
function coreAddress ({ twoFactor: { core } }: FastifyInstance, { options }: Config): { coreAddress?: string } {
  const hasPort = options.core !== undefined && 'embedded' in options.core && options.core.embedded.port !== undefined
  return hasPort ? { coreAddress: core.connectionURI } : {}
}

export interface ServerOptions {
  /** Receives the log. @default stdout */
  stream?: { write (line: string): void }
  /** The settings, and how they are read again on SIGHUP. @default none: SIGHUP ends the service */
  settings?: { environment: Environment, read: ReadSettings }
}

/** Only the repository has this folder. The package and the container do not. */
const PLAYGROUND = new URL('playground', import.meta.url)

/** Creates the Fastify instance with the service. It does not listen yet. */
export function createServer (config: Config, options: ServerOptions = {}): FastifyInstance {
  const tls = config.tls && readTls(config.tls)
  // Limits how long a slow client can occupy a socket.
  const timeouts = { headersTimeout: 10_000, requestTimeout: 20_000, connectionsCheckingInterval: 5_000 }
  const isTrusted = trustOf(config)
  const app = Fastify({
    logger: loggerOptions(config, options),
    logController: createRequestLog({ namesUnknownPaths: !config.production, routesPath: config.options.routesPath ?? '/' }),
    trustProxy: config.trustProxy,
    genReqId: createRequestIds(isTrusted),
    // The largest legitimate body is a sign-up form. Routes that need more set their own limit.
    bodyLimit: 64 * 1024,
    ...(tls === undefined ? { http: timeouts } : { https: { ...timeouts, ...tls } }),
    requestTimeout: 20_000,
    connectionTimeout: 60_000,
    // Longer than the 60 s that load balancers keep idle connections, so that we never close one they are about to use.
    keepAliveTimeout: 72_000,
    forceCloseConnections: 'idle',
    // While closing, answer requests on open connections instead of failing them; each connection ends with its answer.
    return503OnClosing: false,
    frameworkErrors: ({ statusCode = 400, code }, { id }, reply) => {
      // Fastify's own message quotes the URL, query included.
      (reply as unknown as FastifyReply).header(REQUEST_ID_HEADER, id).code(statusCode).send({ statusCode, code, error: STATUS_CODES[statusCode], message: 'The URL is not valid' })
    }
  })
  app.decorate('isLeaving', false)
  // First, so that no answer lacks it.
  app.addHook('onRequest', (request, reply, done) => {
    reply.header(REQUEST_ID_HEADER, request.id)
    done()
  })
  writeServerSpans(app, config.trustTraceparent ? ({ socket }) => isTrusted(socket.remoteAddress) : () => false)
  // Added first, so that it is the last to close.
  app.addHook('onClose', () => flushTraces())
  drainOnClose(app)
  app.setErrorHandler(answerError)
  // Fastify's own handler logs and returns the whole URL, query included.
  app.setNotFoundHandler((_request, reply) => { reply.header('cache-control', 'no-store').send(new NotFound()) })
  const hasPlayground = config.playground !== undefined && existsSync(PLAYGROUND)
  app.register(service, { ...config.options, root: !hasPlayground })
  if (hasPlayground) app.register(import('./playground/index.js'), { config })
  return app
}

/** Whose word is taken for a request's id and trace: that of the proxies whose word is taken for the client's address. */
function trustOf ({ trustProxy }: Config): (address: string | undefined) => boolean {
  return typeof trustProxy === 'boolean' ? () => trustProxy : createProxyTrust(trustProxy)
}

function makeDirectory ({ options: { core = { embedded: {} } } }: Config): void {
  if ('embedded' in core) makeDirectoryOf(core.embedded.file ?? ':memory:')
}

async function listenForOperators (app: FastifyInstance, { adminListener }: Config, https: TlsContexts['admin']): Promise<void> {
  if (adminListener === undefined) return
  const { host, port } = adminListener
  const actual = await listenForAdmin(app, { host, port, ...(https && { https }) })
  app.log.info({ host, port: actual }, 'the admin API listens')
}

/** Load balancers poll /ready every few seconds. Keep serving until they have noticed that this replica leaves. */
async function leave (app: FastifyInstance, milliseconds: number): Promise<void> {
  app.isLeaving = true
  // End kept-alive connections with their next answer (`Connection: close`) instead of during a request.
  app.server.maxRequestsPerSocket = 1
  await sleep(milliseconds)
}

/**
 * On a terminal SIGHUP says that the terminal has gone, and ends the service. Without one, it is how administrators have a
 * service read its configuration again. One that comes during the start waits for its end.
 */
function reloadOnHangup (app: FastifyInstance, { settings }: ServerOptions, tls: TlsContexts): { begin (): void, uninstall (): void } {
  if (settings === undefined || process.stdout.isTTY) return { begin () {}, uninstall () {} }
  let reload: (() => Promise<void>) | undefined
  let wasAsked = false
  const onHangup = () => {
    wasAsked = true
    reload?.().catch(() => {})
  }
  process.on('SIGHUP', onHangup)
  return {
    begin () {
      reload = createServiceReload({ app, tls, ...settings })
      if (wasAsked) reload().catch(() => {})
    },
    uninstall () { process.removeListener('SIGHUP', onHangup) }
  }
}

/**
 * Starts listening, and shuts down gracefully on SIGTERM, SIGINT or an unhandled error: no new connections, open
 * requests finish, then the plugins close from last to first. A second signal exits at once, with the shell's exit code for it.
 *
 * Resolves once the Core and Redis answer too, or the service was told to stop before.
 *
 * @throws if the service cannot start or listen; everything is closed by then
 */
export async function start (config: Config, options: ServerOptions = {}): Promise<FastifyInstance> {
  makeDirectory(config)
  const tls = readContexts(config)
  const app = createServer(config, options)
  for (const warning of certificateWarnings(tls)) app.log.warn(warning)
  let closing = false
  const ended = new AbortController()
  // Installed before the first await: as process 1 of a container, Node would otherwise ignore signals during start-up.
  const grace = closeWithGrace({
    delay: config.shutdownDelay + config.shutdownTimeout,
    logger: app.log,
    skip: options.settings === undefined || process.stdout.isTTY ? ['beforeExit'] : ['beforeExit', 'SIGHUP'],
    onSecondSignal (signal) {
      app.log.error(`second ${signal}, exiting without waiting`)
      process.exit(128 + constants.signals[signal])
    }
  }, async function close ({ err, signal }) {
    closing = true
    ended.abort()
    if (err === undefined) app.log.info({ signal }, 'closing')
    else app.log.fatal({ err }, 'closing after an unhandled error')
    if (err === undefined && app.server.listening) await leave(app, config.shutdownDelay)
    await app.close()
    app.log.info('closed')
  })
  const reload = reloadOnHangup(app, options, tls)
  app.addHook('onClose', async () => {
    ended.abort()
    grace.uninstall()
    reload.uninstall()
  })
  try {
    await listenForOperators(app, config, tls.admin)
    await app.listen({ host: config.host, port: config.port })
  } catch (error) {
    await app.close()
    // A signal arrived during start-up: exit as after a normal shutdown.
    if (!closing) throw error
  }
  if (closing) {
    // The signal may have arrived while `listen` was under way.
    app.server.close()
    return app
  }
  if (!await waitForAll(app, ended.signal)) return app
  reload.begin()
  app.log.info({ ...summary(config), ...coreAddress(app, config) }, 'ready')
  for (const warning of config.warnings) app.log.warn(warning)
  watchReadiness(app, ended.signal).catch((err: unknown) => { app.log.error({ err }, 'readiness is not watched any more') })
  return app
}
