import assert from 'node:assert/strict'
import { mock } from 'node:test'
import fc from 'fast-check'
import type { FastifyInstance, LightMyRequestResponse } from 'fastify'
import t from 'tap'
import type { Fastify2faOptions } from '../../src/index.js'
import { createVerifier, type Decision, type DemandOptions, type VerifierOptions } from '../../src/verifier/index.js'
import { generatedRequests, type Generated } from '../session/generated-requests.js'
import { startScriptedCore } from '../session/scripted-core.js'
import { START, tokenKinds } from '../session/tokens.js'
import { buildTwins } from '../session/twin-routes.js'

const SEED = 20_300_102

/** Routes behind require2FA (`test/session/twin-routes.ts`), and what they ask for. */
const DEMANDS = {
  'second-factor': {},
  fresh: { maxAge: '5m' },
  listed: { roles: ['admin'], permissions: ['posts:write'] },
  'by-code': { factors: ['sms'], maxAge: '5m' }
} satisfies Record<string, DemandOptions>

type Kind = keyof typeof DEMANDS
const KINDS = Object.keys(DEMANDS) as Kind[]

interface Case {
  generated: Generated<Kind>
  guard: LightMyRequestResponse
  decision: Decision
}

const carries = ({ generated: { cookie, bearer } }: Case, name: string): boolean => [cookie?.token, cookie?.other, bearer?.token].includes(name)
const isSentToRefresh = ({ decision }: Case): boolean => !decision.admitted && decision.status === 401 && decision.body.message === 'try refresh token'

/** Where a verifier decides otherwise, as `docs/verifier.md` says: it admits nobody whom the guard refuses. */
const DIFFERENCES: Record<string, (one: Case) => boolean> = {
  'roles that are old are fetched by a refresh, where the guard asks the Core': (one) => one.generated.kind === 'listed' && one.generated.offset >= 300_000 && one.guard.statusCode === 403 && isSentToRefresh(one),
  'a cookie in Express\' notation for JSON is no token': ({ generated, decision }) => generated.cookie?.layout === 'json' && !decision.admitted,
  'a token without a tenant is none': (one) => carries(one, 'noTenant') && !one.decision.admitted,
  'a signature in another spelling is none': (one) => carries(one, 'paddedSignature') && !one.decision.admitted
}

/** Rare by chance. */
const OLD_ROLES: Generated<Kind> = {
  kind: 'listed', method: 'GET', cookie: null, bearer: { layout: 'bearer', token: 'writer' }, rid: undefined, antiCsrf: undefined, origin: undefined, offset: 320_000
}

/** What the guard's answer and the verifier's decision must have in common. */
function same ({ generated: { method, kind }, guard, decision }: Case): void {
  assert.equal(decision.admitted ? 200 : decision.status, guard.statusCode)
  if (method === 'HEAD') return
  if (decision.admitted) {
    const { userId, recipeUserId, tenantId, handle } = decision.session
    const { user, recipeUser, tenant, handle: handleOfGuard } = guard.json<Record<string, string>>()
    assert.deepEqual({ userId, recipeUserId, tenantId, handle }, { userId: user, recipeUserId: recipeUser, tenantId: tenant, handle: handleOfGuard })
    return
  }
  assert.equal(decision.headers['www-authenticate'], guard.headers['www-authenticate'])
  if (decision.body.code === 'AUTH_ORIGIN_REFUSED') assert.equal(guard.json<{ code: string }>().code, decision.body.code)
  // The Core of this test says that the user has other roles than those in the token, and the guard tells them.
  else if (kind !== 'listed') assert.deepEqual(JSON.parse(JSON.stringify(decision.body)), guard.json())
}

/** Loads keys as another service would, over the service's own route. */
const fetchFrom = (app: FastifyInstance): NonNullable<VerifierOptions['fetch']> => async (url) => {
  const { body, statusCode } = await app.inject(new URL(url).pathname)
  return new Response(body, { status: statusCode })
}

/** Generated requests get the same decision from a verifier as from `require2FA`, whether the token is new to it or not. */
export function sameDecisions (options: Fastify2faOptions, verifierOptions: VerifierOptions, differences: string[] = []): void {
  t.test(`the same decision as that of require2FA with ${JSON.stringify(options)}`, async (t) => {
    mock.timers.enable({ apis: ['Date'], now: START })
    t.teardown(() => { mock.timers.reset() })
    const core = await startScriptedCore(t)
    const app = await buildTwins(t, { production: false, core: { connectionURI: core.connectionURI }, ...options })
    const tokens = tokenKinds(core)
    const verifier = createVerifier({ ...verifierOptions, serviceUrl: 'http://localhost:3000', fetch: fetchFrom(app) })
    const verify = Object.fromEntries(KINDS.map((kind) => [kind, verifier.requiring(DEMANDS[kind])]))
    const met = new Map<string, number>()
    let admitted = 0

    const { anything, known, headersOf } = generatedRequests(tokens, KINDS)
    const upgrade = fc.constantFrom(...Array<undefined>(8).fill(undefined), 'websocket')

    async function compare (generated: Generated<Kind>, upgrade: string | undefined): Promise<void> {
      const { kind, method, offset } = generated
      mock.timers.setTime(START + offset)
      const headers = { ...headersOf(generated), ...(upgrade !== undefined && { upgrade }) }
      const guard = await app.inject({ method: method as 'GET', url: `/ours/${kind}`, headers })
      for (let i = 0; i < 2; i++) {
        const one: Case = { generated, guard, decision: await verify[kind]!({ method, headers }) }
        if (one.decision.admitted) admitted++
        const name = Object.keys(DIFFERENCES).find((name) => DIFFERENCES[name]!(one))
        if (name === undefined) same(one)
        // Where both refuse, it is not the difference that decides, but may change the message.
        else if (guard.statusCode !== 401) met.set(name, (met.get(name) ?? 0) + 1)
      }
    }

    await fc.assert(fc.asyncProperty(anything, upgrade, fc.boolean(), async (generated, upgrade, cold) => {
      if (cold) verifier.clear()
      await compare(generated, upgrade)
    }), { numRuns: 500, seed: SEED, examples: [[OLD_ROLES, undefined, true]] })

    // The token is known from a moment before, in every way in which the request may carry it now.
    await fc.assert(fc.asyncProperty(known, upgrade, async (generated, upgrade) => {
      mock.timers.setTime(START + Math.min(generated.offset, 9_000))
      for (const name of [generated.cookie.token, generated.bearer?.token ?? 'good']) {
        for (const headers of [{ authorization: `Bearer ${tokens[name]!}` }, { cookie: `sAccessToken=${tokens[name]!}` }]) await verifier.verifyRequest({ method: 'GET', headers })
      }
      await compare(generated, upgrade)
    }), { numRuns: 200, seed: SEED })

    t.comment(`seed ${SEED}, ${admitted} of 1400 decisions admit; differences: ${JSON.stringify(Object.fromEntries(met))}`)
    t.ok(admitted > 100, 'many are admitted')
    t.strictSame(differences.filter((name) => !met.has(name)), [], 'each difference was met')
  })
}

export const EVERY_DIFFERENCE = Object.keys(DIFFERENCES)
