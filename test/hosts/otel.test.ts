import { SpanKind } from '@opentelemetry/api'
import Fastify, { type FastifyInstance } from 'fastify'
import t from 'tap'
import { fastify2fa, require2FA } from '../../src/index.js'
import { signInWithSecondFactor } from '../../src/testing/index.js'
import { testCore } from '../helper.js'
import { flat, outline, record } from '../tracing/recorder.js'
import { addPlugin, HOST_PLUGINS } from './plugins.js'

const recorded = record(t)

t.test('the spans of @fastify/otel have ours as children, one tree for each request', async (t) => {
  const app: FastifyInstance = Fastify({ logger: false })
  t.teardown(() => app.close())
  await addPlugin(app, HOST_PLUGINS.find(({ name }) => name === 'otel')!)
  await app.register(fastify2fa, (await testCore()).options)
  app.get('/mine', { preHandler: require2FA }, async () => ({ mine: true }))
  const { session } = await signInWithSecondFactor(app)
  await session.inject('/mine')
  const roots = recorded.roots()
  t.strictSame(roots.map(({ name, kind, attributes }) => [name, kind, attributes['http.route']]), [
    ['request', SpanKind[SpanKind.SERVER], '/auth/signup'],
    ['request', SpanKind[SpanKind.SERVER], '/auth/signinup/code'],
    ['request', SpanKind[SpanKind.SERVER], '/auth/signinup/code/consume'],
    ['request', SpanKind[SpanKind.SERVER], '/mine']
  ])
  for (const [index, step] of ['first_factor.sign_up', 'second_factor.ask', 'second_factor.answer'].entries()) {
    t.match(outline([roots[index]!]), new RegExp(`handler - handler,  ${step}`), step)
  }
  t.notOk(flat(roots.slice(-1)).some(({ name }) => name === 'session.verify'), 'the guard knows the token')
})
