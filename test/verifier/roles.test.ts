import * as UserRoles from 'supertokens-node/recipe/userroles'
import t from 'tap'
import { createVerifier } from '../../src/verifier/index.js'
import { advance, passSecondFactor, resetClock, signIn, signInWithSecondFactor, type TestSession } from '../../src/testing/index.js'
import { build } from '../helper.js'

const ROLE = 'admin'

t.test('roles that are too old are fetched by a refresh, once, whatever they are by then', async (t) => {
  t.teardown(resetClock)
  const app = await build(t)
  const verifier = createVerifier({
    serviceUrl: 'http://localhost:3000',
    antiCsrf: 'SAME_SITE',
    roles: [ROLE],
    fetch: async (url) => new Response((await app.inject(new URL(url).pathname)).body)
  })
  await UserRoles.createNewRoleOrAddPermissions(ROLE, [])

  async function visit (client: TestSession): Promise<string> {
    const decision = await verifier.verifyRequest({ method: 'GET', headers: { authorization: `Bearer ${client.tokens.get('st-access-token')!}` } })
    return decision.admitted ? 'in' : `${decision.status} ${String(decision.body.message)}`
  }
  const refresh = async (client: TestSession): Promise<number> => (await client.inject({ method: 'POST', url: '/auth/session/refresh' })).statusCode

  const hired = await signInWithSecondFactor(app, { transferMethod: 'header' })
  t.equal(await visit(hired.session), '403 invalid claim')
  await UserRoles.addRoleToUser('public', hired.userId, ROLE)
  const operator = await signIn(app, { ...hired, transferMethod: 'header' })
  await passSecondFactor(app, operator)
  const { session } = operator

  t.equal(await visit(session), 'in')
  advance('6m')
  t.equal(await visit(session), '401 try refresh token')
  t.equal(await refresh(session), 200)
  t.equal(await visit(session), 'in', 'as frontends do by themselves')

  await UserRoles.removeUserRole('public', operator.userId, ROLE)
  advance('6m')
  t.equal(await visit(session), '401 try refresh token')
  t.equal(await refresh(session), 200)
  t.equal(await visit(session), '403 invalid claim', 'a role that was taken away')
  advance('6m')
  t.equal(await visit(session), '403 invalid claim', 'and no frontend is sent round in circles')
})
