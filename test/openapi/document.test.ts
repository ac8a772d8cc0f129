import { Validator } from '@seriousme/openapi-schema-validator'
import Fastify from 'fastify'
import swagger from '@fastify/swagger'
import t from 'tap'
import { service } from '../../src/app.js'
import { fastify2fa } from '../../src/index.js'
import { describeRoutes } from '../../src/openapi/describe-routes.js'
import { describeService } from '../../src/openapi/describe-service.js'
import { OPERATIONS } from '../../src/openapi/operations/index.js'
import { build, testCore } from '../helper.js'
import { resetSdk } from '../reset-sdk.js'
import { EVERYTHING } from './everything.js'

interface Described {
  tags: string[]
  operationId: string
  security?: object[]
  requestBody?: { content: Record<string, { schema: { required?: string[] } }> }
  parameters?: Array<{ in: string, name: string }>
  responses: Record<string, { content?: Record<string, { schema: object }> }>
}

interface Document {
  openapi: string
  paths: Record<string, Record<string, Described>>
}

/** All operations of a document, such as `POST /auth/signin`. */
const operationsOf = ({ paths }: Document): Map<string, Described> =>
  new Map(Object.entries(paths).flatMap(([path, methods]) => Object.entries(methods).map(([method, described]) => [`${method.toUpperCase()} ${path}`, described] as const)))

t.test('the document is valid OpenAPI 3.1, and describes every operation', async (t) => {
  const app = await build(t, { ...EVERYTHING, openapi: true })
  const response = await app.inject('/openapi.json')
  t.equal(response.statusCode, 200)
  const document = response.json<Document>()
  t.equal(document.openapi, '3.1.0')
  const { valid, errors } = await new Validator().validate({ ...document })
  t.ok(valid, JSON.stringify(errors))

  const described = operationsOf(document)
  // Only the server has the last one.
  for (const operation of Object.keys(OPERATIONS).filter((one) => one !== 'GET /')) {
    const [method, path = ''] = operation.replace(/:(\w+)/g, '{$1}').split(' ')
    t.ok(described.has(`${method} /auth${path}`) || described.has(`${method} ${path}`), operation)
  }
  t.notOk([...described.keys()].some((operation) => /examples|outbox/.test(operation)), 'routes for development are left out')
  const ids = [...described.values()].flatMap(({ operationId }) => operationId ?? [])
  t.equal(new Set(ids).size, ids.length, 'ids are unique')
})

t.test('no route of the service is missing in it', async (t) => {
  const routes: string[] = []
  const app = Fastify({ logger: false })
  t.teardown(() => app.close())
  app.addHook('onRoute', ({ method, url }) => { routes.push(...[method].flat().map((one) => `${one} ${url}`)) })
  await app.register(service, { ...(await testCore()).options, ...EVERYTHING, openapi: true, maxEventLoopDelay: 0 })
  await app.ready()
  const described = operationsOf(app.swagger() as unknown as Document)
  const inDocument = routes
    .filter((route) => !/^(?:HEAD|OPTIONS) |\/examples\/|\/dev\/outbox|\/openapi\.json| \/verify(?:\/|$)/.test(route))
    .filter((route) => !/\.(?:css|js|svg)$|\/\*$/.test(route))
    .map((route) => route.replace(/:(\w+)(?:\(.*?\))?/g, '{$1}').replace(/(.)\/$/, '$1'))
  t.ok(inDocument.length > 100)
  t.strictSame(inDocument.filter((route) => !described.has(route) && !described.has(`${route}/`)), [])
})

t.test('what a session is needed for says so, and pages are HTML', async (t) => {
  resetSdk()
  t.teardown(resetSdk)
  const document = await describeService({ ...(await testCore()).options, ...EVERYTHING }) as Document
  const described = operationsOf(document)
  t.strictSame(described.get('POST /auth/account/password')?.security, [{ sessionCookie: [] }, { sessionHeader: [] }])
  t.equal(described.get('POST /auth/signin')?.security, undefined)
  t.match(described.get('POST /auth/account/password')?.requestBody, { content: { 'application/json': { schema: { required: ['oldPassword', 'newPassword'] } } } })
  t.match(described.get('POST /auth/{tenantId}/signin')?.parameters, [{ in: 'path', name: 'tenantId' }])
  t.ok(described.get('GET /auth/second-factor')?.responses['200']?.content?.['text/html'])
  t.strictSame(described.get('DELETE /admin/v1/users/{id}')?.security, [{ adminKey: [] }])
  t.match(described.get('DELETE /admin/v1/users/{id}')?.requestBody, { content: { 'application/json': { schema: { required: ['reason'] } } } })
  t.match(described.get('POST /auth/account/email')?.operationId, 'postAccountEmail')
})

t.test('behind a proxy that changes paths, they are as clients write them', async (t) => {
  resetSdk()
  t.teardown(resetSdk)
  const appInfo = { apiDomain: 'https://example.com', apiBasePath: '/internal/auth', apiGatewayPath: '/api', apiInternalPath: '/internal', websiteDomains: ['https://example.com'] as [string] }
  const document = await describeService({ ...(await testCore()).options, appInfo, routesPath: '/internal' }) as Document & { servers: object[] }
  const described = operationsOf(document)
  t.ok(described.has('POST /api/auth/signin') && described.has('GET /api/sessioninfo'), [...described.keys()].slice(0, 3).join())
  t.strictSame(document.servers, [{ url: 'https://example.com' }])
})

t.test('in a larger app, the app\'s own document has our routes, in its own groups or not at all', async (t) => {
  const core = await testCore()
  async function host (transform?: ReturnType<typeof describeRoutes>): Promise<Map<string, Described>> {
    const app = Fastify({ logger: false })
    await app.register(swagger, { openapi: { openapi: '3.1.0', info: { title: 'Shop', version: '1' } }, ...(transform && { transform: transform as never }) })
    await app.register(fastify2fa, { ...core.options, ...EVERYTHING })
    app.get('/orders', { preHandler: app.require2FA!, schema: { tags: ['Orders'], response: { 200: { type: 'array' } } } }, async () => [])
    await app.ready()
    const document = app.swagger() as unknown as Document
    await app.close()
    return operationsOf(document)
  }
  const plain = await host()
  t.ok(plain.has('POST /auth/signin'))
  const tagged = await host(describeRoutes({ tags: ['Sign-in'], hide: (operation) => operation.startsWith('GET /signup') }))
  t.strictSame(tagged.get('POST /auth/signin')?.tags, ['Sign-in'])
  t.strictSame(tagged.get('GET /orders')?.tags, ['Orders'])
  t.notOk(tagged.has('GET /auth/signup/email/exists'))
  t.ok(tagged.get('POST /auth/account/password')?.responses['403'])
  const hidden = await host(describeRoutes({ hide: true }))
  t.strictSame([...hidden.keys()], ['GET /orders'])
})

t.test('without the setting there is no document', async (t) => {
  const app = await build(t, EVERYTHING)
  t.equal((await app.inject('/openapi.json')).statusCode, 404)
})
