import websocket from '@fastify/websocket'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { fastify2fa, require2FA, SecondFactorClaim, sessionOf, verifySession, type Fastify2faOptions } from '../../../src/index.js'

const secret = async () => ({ secret: true })
const firstFactor = verifySession({ overrideGlobalClaimValidators: (validators) => validators.filter(({ id }) => id !== SecondFactorClaim.key) })
const PUBLIC = { config: { secondFactor: false } } as const

async function unless (isFree: boolean, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  return isFree ? undefined : await require2FA(request, reply)
}

/** Reads a token and does not verify it. */
async function ownCheck (request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const token = /sAccessToken=([^;]+)/.exec(request.headers.cookie ?? '')?.[1] ?? request.headers.authorization?.slice('Bearer '.length) ?? ''
  const payload = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString() || '{}') as Record<string, { v?: boolean } | undefined>
  return payload['2fa-completed']?.v === true ? undefined : await reply.code(401).send({})
}

/** Guards that are there: what the suite must find nothing wrong with. */
export function addCarefulRoutes (app: FastifyInstance): void {
  app.get('/orders', { preHandler: require2FA }, secret)
  app.get('/orders/:id', { preHandler: require2FA, schema: { params: { type: 'object', properties: { id: { type: 'string', pattern: '^o-' } } } } }, secret)
  app.post('/payout', { preHandler: require2FA, config: { secondFactor: { maxAge: '5m' } }, schema: { body: { type: 'object', required: ['amount'] } } }, secret)
  app.get('/admin', { config: { secondFactor: { roles: ['admin'], permissions: ['read'] } } }, secret)
  app.get('/page', { onRequest: async (request: FastifyRequest, reply: FastifyReply) => await redirected(request, reply) }, secret)
  app.get('/events', { preHandler: require2FA }, (_request, reply) => { reply.hijack() })
  app.post('/leave', { preHandler: require2FA }, async (request) => { await sessionOf(request).revokeSession(); return {} })
  app.post('/onboarding', { ...PUBLIC, preHandler: firstFactor }, secret)
  app.get('/news', PUBLIC, secret)
  app.get('/maybe', { ...PUBLIC, preHandler: verifySession({ sessionRequired: false, overrideGlobalClaimValidators: () => [] }) }, secret)
  app.register(async (scope) => {
    scope.addHook('onRequest', require2FA)
    scope.get('/all', secret)
    scope.get('/live', { websocket: true }, (socket) => { socket.close() })
  }, { prefix: '/reports' })
}

/** A guard of a host's own around ours, which leads people to the page where they sign in. */
async function redirected (request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  if (request.headers.cookie === undefined && request.headers.authorization === undefined) return await reply.redirect('/sign-in')
  return await require2FA(request, reply)
}

/** One mistake each. */
function addCarelessRoutes (app: FastifyInstance): void {
  app.get('/forgotten', secret)
  app.get('/nobody', async (request) => ({ user: sessionOf(request)!.getUserId() }))
  app.register(async (scope) => {
    scope.register(async (inner) => { inner.addHook('onRequest', require2FA) })
    scope.get('/drafts', secret)
  })
  app.get('/optional', { preHandler: verifySession({ sessionRequired: false }) }, secret)
  app.post('/half', { preHandler: firstFactor }, secret)
  app.post('/transfer', { preHandler: require2FA }, secret)
  app.delete('/users/:id', { preHandler: require2FA }, secret)
  app.get('/read-only', { onRequest: (request: FastifyRequest, reply: FastifyReply) => unless(request.method !== 'GET', request, reply) }, secret)
  app.get('/internal/state', { onRequest: (request: FastifyRequest, reply: FastifyReply) => unless(!request.url.startsWith('/internal'), request, reply) }, secret)
  app.get('/proxied', { onRequest: (request: FastifyRequest, reply: FastifyReply) => unless(request.headers['x-forwarded-user'] === 'admin', request, reply) }, secret)
  app.get('/cached', { onRequest: async (_request: FastifyRequest, reply: FastifyReply) => await reply.send('cached'), preHandler: require2FA }, secret)
  app.get('/own-check', { preHandler: ownCheck }, secret)
  app.post('/profile', { ...PUBLIC, preHandler: firstFactor }, async (request) => {
    await sessionOf(request).mergeIntoAccessTokenPayload(request.body as Record<string, string>)
    return {}
  })
  app.get('/socket', { websocket: true }, (socket) => { socket.close() })
  app.post('/upload', { preHandler: require2FA, schema: { body: { type: 'object', required: ['file'] } } }, secret)
  app.get('/limited', { onRequest: async (request: FastifyRequest, reply: FastifyReply) => request.headers.cookie === undefined ? await reply.code(429).send({}) : undefined, preHandler: require2FA }, secret)
}

export async function buildHost (options: Fastify2faOptions, { careless }: { careless: boolean }): Promise<FastifyInstance> {
  const app = Fastify({ logger: false })
  await app.register(websocket)
  await app.register(fastify2fa, options)
  addCarefulRoutes(app)
  if (careless) addCarelessRoutes(app)
  await app.ready()
  return app
}
