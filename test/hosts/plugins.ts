import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import type { FastifyInstance, FastifyPluginAsync } from 'fastify'
import type { Fastify2faOptions } from '../../src/index.js'

/** From the compiled test to the folder that has the package.json of these plugins. */
const FOLDER = new URL('../../../test/hosts/', import.meta.url)
const { resolve } = createRequire(new URL('package.json', FOLDER))

/** A plugin of Fastify's own, as a host registers it. */
export interface HostPlugin {
  name: string
  options?: object
  /** Plugins that it needs before itself. */
  needs?: HostPlugin[]
  /** What our options must be beside it. */
  ours?: Fastify2faOptions
  /** Where it works. @default everywhere */
  places?: Place[]
  /** The plugin, where the default export is not. */
  pluginOf?: (exported: Exported) => FastifyPluginAsync
}

/** Where a plugin of the host is, seen from ours. */
export type Place = 'before' | 'after' | 'inside' | 'beside'

type Exported = FastifyPluginAsync & { default?: FastifyPluginAsync, initialize?: () => FastifyPluginAsync, FastifyOtelInstrumentation?: new () => { plugin (): FastifyPluginAsync } }

const cookie: HostPlugin = { name: 'cookie', options: { secret: 'a secret of the host' } }
const OTHER_SESSION = { sessionProperty: 'authSession' }
const secureSession: HostPlugin = { name: 'secure-session', options: { key: Buffer.alloc(32, 'k') }, ours: OTHER_SESSION }
const swagger: HostPlugin = { name: 'swagger', options: { openapi: { info: { title: 'host', version: '1' } } } }

/** Options are those that reach furthest: global hooks, every content type, every response. */
export const HOST_PLUGINS: HostPlugin[] = [
  { name: 'accepts' },
  { name: 'accepts-serializer', options: { serializers: [{ regex: /^application\/yaml$/, serializer: (body: unknown) => `yaml: ${JSON.stringify(body)}` }], default: 'application/json' } },
  { name: 'auth' },
  { name: 'autoload', options: { dir: fileURLToPath(new URL('autoloaded', import.meta.url)), options: { prefix: '/autoloaded' } } },
  { name: 'basic-auth', options: { validate: async () => {}, authenticate: true } },
  { name: 'bearer-auth', options: { keys: ['key'], addHook: false } },
  { name: 'caching', options: { privacy: 'public', expiresIn: 300 } },
  // Its hook reaches scopes that were there before it, its decorators do not.
  { name: 'circuit-breaker', places: ['before', 'inside', 'beside'] },
  { name: 'compress', options: { global: true, threshold: 0 } },
  cookie,
  { name: 'cors', options: { origin: 'https://host.example' } },
  { name: 'csrf-protection', needs: [cookie] },
  { name: 'env', options: { schema: { type: 'object', properties: {} }, data: {} } },
  { name: 'etag' },
  { name: 'express' },
  { name: 'flash', needs: [secureSession], ours: OTHER_SESSION },
  { name: 'formbody' },
  { name: 'helmet' },
  { name: 'http-proxy', options: { upstream: 'http://127.0.0.1:9', prefix: '/proxy', config: { secondFactor: false } } },
  { name: 'jwt', options: { secret: 'a secret of the host' } },
  { name: 'middie' },
  { name: 'multipart', options: { attachFieldsToBody: true } },
  { name: 'oauth2', options: { name: 'hostLogin', credentials: { client: { id: 'id', secret: 'secret' }, auth: { tokenHost: 'https://idp.example', tokenPath: '/token', authorizePath: '/authorize' } }, startRedirectPath: '/login/idp', callbackUri: 'https://host.example/callback' } },
  { name: 'otel', pluginOf: ({ FastifyOtelInstrumentation: Instrumentation }) => new Instrumentation!().plugin() },
  { name: 'passport', pluginOf: (passport) => passport.initialize!(), needs: [secureSession], ours: OTHER_SESSION },
  { name: 'rate-limit', options: { global: true, max: 10_000 } },
  { name: 'reply-from', options: { base: 'http://127.0.0.1:9' } },
  { name: 'request-context' },
  { name: 'response-validation' },
  { name: 'routes' },
  secureSession,
  { name: 'sensible' },
  { name: 'session', options: { secret: 'a secret of at least thirty-two characters' }, needs: [cookie], ours: OTHER_SESSION },
  { name: 'static', options: { root: fileURLToPath(FOLDER), prefix: '/files/' } },
  swagger,
  { name: 'swagger-ui', needs: [swagger] },
  { name: 'throttle', options: { bytesPerSecond: 1_000_000 } },
  { name: 'under-pressure', options: { maxEventLoopDelay: 0, exposeStatusRoute: '/host-status' } },
  { name: 'url-data' },
  { name: 'view', options: { engine: { ejs: { compile: () => () => '' } } } },
  { name: 'websocket' }
]

/** Registers a plugin, after those that it needs. */
export async function addPlugin (app: FastifyInstance, { name, options = {}, needs = [], pluginOf = usual }: HostPlugin): Promise<void> {
  for (const needed of needs) await addPlugin(app, needed)
  const { default: exported } = await import(resolve(`@fastify/${name}`)) as { default: Exported }
  await app.register(pluginOf(exported), options)
}

/** Compiled TypeScript has its default export within that of CommonJS. */
const usual = (exported: Exported): FastifyPluginAsync => exported.default ?? exported
