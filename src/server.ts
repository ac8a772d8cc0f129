import { randomUUID } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { STATUS_CODES } from 'node:http'
import { constants } from 'node:os'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import closeWithGrace from 'close-with-grace'
import Fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest, type FastifyServerOptions } from 'fastify'
import { service } from './app.js'
import type { Config } from './config/load.js'
import { summary } from './config/summary.js'
import { CoreUnavailable, NotFound } from './errors.js'
import { PAUSE_SECONDS } from './outage/circuit.js'
import { isCoreOutage } from './supertokens/failures.js'

/** Whatever logs headers or a body by mistake still gives away no session, password or code. */
const SECRET_HEADERS = ['authorization', 'cookie', 'set-cookie', 'st-access-token', 'st-refresh-token', 'anti-csrf', 'api-key']
const SECRET_FIELDS = ['password', 'userInputCode', 'linkCode', 'token', 'accessToken', 'refreshToken']
const REDACT = [
  ...['headers', 'req.headers', 'res.headers', 'err.headers'].flatMap((place) => SECRET_HEADERS.map((name) => `${place}["${name}"]`)),
  ...['', 'body.', 'req.body.'].flatMap((place) => SECRET_FIELDS.map((name) => `${place}${name}`))
]

/** Verification and reset links carry their token in the query, so no query is ever logged. */
const pathOf = (url: string): string => url.replace(/[?#;][^]*$/, '')

function loggerOptions ({ logLevel }: Config, { stream }: ServerOptions): NonNullable<FastifyServerOptions['logger']> {
  return {
    level: logLevel,
    redact: REDACT,
    serializers: {
      req: ({ method, url, ip }: FastifyRequest) => ({ method, url: pathOf(url), remoteAddress: ip }),
      res: ({ statusCode }) => ({ statusCode })
    },
    // A person reads a terminal; anything else that reads is a program, whatever NODE_ENV says.
    ...(stream !== undefined ? { stream } : process.stdout.isTTY && { transport: { target: 'pino-pretty', options: { translateTime: 'HH:MM:ss', ignore: 'pid,hostname' } } })
  }
}

const SAFE_TEXTS: Record<number, [error: string, message: string]> = {
  500: ['Internal Server Error', 'Something went wrong'],
  502: ['Bad Gateway', 'Another service did not answer as it should, try again later'],
  503: ['Service Unavailable', 'Not available at the moment, try again later']
}

/** A failure of ours says nothing of its inside; only our own codes, which are documented, go out with it. */
function answerError (thrown: unknown, request: FastifyRequest, reply: FastifyReply): void {
  // Of a handler that asks the Core for more than the guard does.
  const error = isCoreOutage(thrown) ? new CoreUnavailable({ cause: thrown }) : thrown
  const { statusCode: status = 500, code } = (error ?? {}) as Partial<FastifyError>
  if (status >= 400 && status < 500) {
    // On to Fastify's own handler, which logs it and knows the form.
    reply.code(status).send(error)
    return
  }
  request.log.error({ err: error }, 'request failed')
  const statusCode = status in SAFE_TEXTS ? status : 500
  if (statusCode === 503) reply.header('retry-after', PAUSE_SECONDS)
  const [name, message] = SAFE_TEXTS[statusCode] as [string, string]
  reply.code(statusCode).send({ statusCode, ...(code?.startsWith('AUTH_') && { code }), error: name, message })
}

/** Closing ends the connections that are idle then. Those that become idle with their last answer would hold it up for the whole keep-alive time. */
function drainOnClose (app: FastifyInstance): void {
  let timer: NodeJS.Timeout | undefined
  app.addHook('preClose', async () => {
    timer = setInterval(() => { app.server.closeIdleConnections() }, 50)
  })
  app.addHook('onClose', async () => { clearInterval(timer) })
}

export interface ServerOptions {
  /** Takes the log instead of stdout. */
  stream?: { write (line: string): void }
}

/** The Fastify instance with the service in it, not yet listening. */
export function createServer (config: Config, options: ServerOptions = {}): FastifyInstance {
  const app = Fastify({
    logger: loggerOptions(config, options),
    trustProxy: config.trustProxy,
    genReqId: () => randomUUID(),
    // The largest honest body is a sign-up form; what needs more says so on its route.
    bodyLimit: 64 * 1024,
    // Slow senders hold a socket for these long at most.
    http: { headersTimeout: 10_000, requestTimeout: 20_000, connectionsCheckingInterval: 5_000 },
    requestTimeout: 20_000,
    connectionTimeout: 60_000,
    // Longer than the 60 s that load balancers keep idle connections, so that it is never us who close under a request.
    keepAliveTimeout: 72_000,
    forceCloseConnections: 'idle',
    // What comes on a connection that was open already is answered, and the connection ends with it: a restart is no failure of anybody's.
    return503OnClosing: false,
    frameworkErrors: ({ statusCode = 400, code }, _request, reply) => {
      // Fastify's own message quotes the address.
      (reply as unknown as FastifyReply).code(statusCode).send({ statusCode, code, error: STATUS_CODES[statusCode], message: 'The address is not valid' })
    }
  })
  app.decorate('isLeaving', false)
  drainOnClose(app)
  app.setErrorHandler(answerError)
  // Fastify's own one logs and returns the whole address, query included.
  app.setNotFoundHandler((_request, reply) => { reply.send(new NotFound()) })
  app.register(service, config.options)
  return app
}

/** SQLite opens files, not directories; what is in it is for this user only. */
function makeDirectory ({ options: { core = { embedded: {} } } }: Config): void {
  if ('connectionURI' in core) return
  const { file = ':memory:' } = core.embedded
  if (file !== ':memory:') mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
}

/** Balancers learn from /ready, which they ask every few seconds, that a replica is to be left alone; until then it serves. */
async function leave (app: FastifyInstance, milliseconds: number): Promise<void> {
  app.isLeaving = true
  // Connections that are kept open end with their next answer (`Connection: close`), and not under a request.
  app.server.maxRequestsPerSocket = 1
  await sleep(milliseconds)
}

/**
 * Listens, and closes in order when asked to: no new requests, open ones finish, then the plugins from last to first.
 * A second signal ends the process at once, with the exit code that shells give to that signal.
 */
export async function start (config: Config, options: ServerOptions = {}): Promise<FastifyInstance> {
  makeDirectory(config)
  const app = createServer(config, options)
  let closing = false
  // Before anything is awaited: as first process of a container, nothing else would react to a signal during start-up.
  const grace = closeWithGrace({
    delay: config.shutdownDelay + config.shutdownTimeout,
    logger: app.log,
    skip: ['beforeExit'],
    onSecondSignal (signal) {
      app.log.error(`second ${signal}, exiting without waiting`)
      process.exit(128 + constants.signals[signal])
    }
  }, async function close ({ err, signal }) {
    closing = true
    if (err === undefined) app.log.info({ signal }, 'closing')
    else app.log.fatal({ err }, 'closing after an error that nobody handled')
    if (err === undefined && app.server.listening) await leave(app, config.shutdownDelay)
    await app.close()
    app.log.info('closed')
  })
  app.addHook('onClose', async () => { grace.uninstall() })
  try {
    await app.listen({ host: config.host, port: config.port })
  } catch (error) {
    await app.close()
    // Asked to stop while starting: the exit code is that of an orderly close.
    if (!closing) throw error
  }
  if (closing) {
    // It listens nonetheless when the signal came in between.
    app.server.close()
    return app
  }
  // Other tools can attach to the embedded Core where it has ended up.
  app.log.info({ ...summary(config), ...(app.core.embedded && { coreAddress: app.core.connectionURI }) }, 'ready')
  for (const warning of config.warnings) app.log.warn(warning)
  return app
}
