import fc from 'fast-check'
import type { FastifyInstance } from 'fastify'
import t from 'tap'
import type { DirectAnswer, DirectCall } from '../../src/embedded-core/http/direct.js'
import { buildServer } from '../../src/embedded-core/server.js'
import { openApps } from '../../src/embedded-core/tenants/apps.js'
import { callsOf, isObjectIn, PREFIXES, runsFor, SPELLINGS, SYNTAXES, type Call } from './protocol/calls.js'
import { contextOf, type Rule, type Target } from './protocol/context.js'
import { Refused, refuse } from './protocol/reader.js'
import { RULES } from './protocol/rules.js'
import type { UserJson } from './client.js'

// Random calls, valid and not, to every endpoint. What must be answered is computed from rules of our own, which know
// the protocol and nothing of the embedded Core. DIFFERENTIAL_SEED and DIFFERENTIAL_RUNS look elsewhere and longer.
const SEED = Number(process.env.DIFFERENTIAL_SEED ?? 20_300_102)
const RUNS = Number(process.env.DIFFERENTIAL_RUNS ?? 6)
const KEY = 'key-of-the-differential-test'

const apps = openApps({ file: ':memory:', config: { bcrypt_log_rounds: 4, api_keys: KEY }, now: Date.now, onError: (error) => { throw error } })
const core = buildServer(apps, [KEY], false)
const routes: string[] = []
core.addHook('onRoute', ({ method, url }) => { routes.push(...[method].flat().map((one) => `${one} ${url}`)) })
t.teardown(async () => {
  await core.close()
  apps.close()
})

interface Answer { status: number, text: string, body: Record<string, unknown> }

async function overHttp (server: FastifyInstance, { method, body, ...call }: DirectCall): Promise<DirectAnswer> {
  const response = await server.inject({ ...call, method: method as 'GET', ...(body !== undefined && { payload: body }) })
  return { status: response.statusCode, headers: response.headers as Record<string, string>, body: response.body }
}

let asked = 0

/** By turns over HTTP and in this process, which must not make a difference. */
async function ask (server: FastifyInstance, method: string, url: string, payload?: string, given: Record<string, string> = {}): Promise<Answer> {
  const call = { method, url, headers: { 'api-key': KEY, ...given }, body: payload }
  const direct = asked++ % 2 === 0 ? undefined : await server.answerDirectly(call)
  const { status, headers, body } = direct ?? await overHttp(server, call)
  const text = body.trimEnd()
  return { status, text, body: headers['content-type']?.startsWith('application/json') === true ? JSON.parse(text) : {} }
}

const withBody = async (method: string, url: string, body: object) => await ask(core, method, url, JSON.stringify(body))

for (const tenantId of ['ta', 'tb']) await withBody('PUT', '/recipe/multitenancy/tenant/v2', { tenantId })
await withBody('PUT', '/recipe/multitenancy/app/v2', { appId: 'a1' })
for (const tenantId of ['ta', 'tb']) await withBody('PUT', '/appid-a1/recipe/multitenancy/tenant/v2', { tenantId })

async function send ({ rule, method, prefix, spelling, apiKey, version, syntax, fields }: Call): Promise<Answer> {
  const [home, path, rid] = rule.split(' ') as [string, string, string?]
  const url = SPELLINGS[spelling]?.(prefix + path) as string
  const query = home === 'GET' ? `?${new URLSearchParams(fields as Record<string, string>).toString()}` : ''
  const payload = home === 'GET' ? undefined : SYNTAXES[syntax]?.(fields)
  const key = { right: KEY, wrong: `${KEY}-`, none: '' }[apiKey]
  return await ask(core, method, url + query, payload, { 'api-key': key, ...(rid !== undefined && { rid }), ...(version !== '' && { 'cdi-version': version }) })
}

/** What must be answered: one refusal, or any of several statuses and refusals that depend on what is stored. */
function expected ({ rule, method, prefix, apiKey, version, syntax, fields }: Call): Refused | Array<string | RegExp> {
  const [home, path] = rule.split(' ') as [string, string]
  try {
    if (apiKey !== 'right') refuse('Invalid API key', 401)
    if (version === '9.9' || (version === '4.0' && path !== '/apiversion')) refuse(`cdi-version ${version} not supported`)
    if (method !== home) refuse('Method not supported', 405)
    if (home !== 'GET' && !isObjectIn(syntax)) refuse('Invalid Json Input')
    return (RULES[rule] as Rule).check(contextOf(PREFIXES[prefix] as Target, fields, fields as Record<string, string>))
  } catch (error) {
    if (error instanceof Refused) return error
    throw error
  }
}

function fits ({ status, text, body }: Answer, wanted: Refused | Array<string | RegExp>): boolean {
  if (wanted instanceof Refused) return status === wanted.status && text === wanted.text
  const statuses = wanted.filter((one) => typeof one === 'string')
  if (status === 200) return statuses.length === 0 ? !wanted.some((one) => one instanceof RegExp) : statuses.includes(String(body.status))
  return status === 400 && wanted.some((one) => one instanceof RegExp && one.test(text))
}

t.test('every endpoint reads and checks its fields in the protocol\'s order', async (t) => {
  const counts = { calls: 0, refused: 0 }
  for (const rule of Object.keys(RULES)) {
    const property = fc.asyncProperty(callsOf(rule), async (call) => {
      const [wanted, answer] = [expected(call), await send(call)]
      counts.calls++
      if (answer.status !== 200) counts.refused++
      if (!fits(answer, wanted)) {
        throw new Error(`${answer.status} ${answer.text}, not ${wanted instanceof Refused ? `${wanted.status} ${wanted.text}` : wanted.join(' or ')}`)
      }
    })
    const { failed, counterexample, errorInstance } = await fc.check(property, { seed: SEED, numRuns: runsFor(rule, RUNS) })
    if (failed) t.fail(`${rule}: ${String(errorInstance)}`, { counterexample })
  }
  t.ok(counts.refused > 0 && counts.refused < counts.calls, 'calls of both kinds were sent')
  t.comment(`${counts.calls} calls to ${Object.keys(RULES).length} endpoints, ${counts.refused} of them refused`)
})

t.test('every endpoint is known here, and asks for the key unless the protocol exempts it', async (t) => {
  const exempt = ['/', '/hello', '/config', '/.well-known/jwks.json']
  const known = new Set(Object.keys(RULES).map((rule) => rule.split(' ').slice(0, 2).join(' ')))
  t.strictSame(routes.filter((route) => !exempt.includes(route.split(' ')[1] as string)).sort(), [...known].sort())
  const withoutKey = async (method: string, url: string) => (await core.inject({ method: method as 'GET', url })).statusCode
  const wrong: string[] = []
  for (const route of routes) {
    const [method, path] = route.split(' ') as [string, string]
    for (const url of [path, `/ta${path}`, `/appid-a1${path}`, `/nowhere${path}`, `/appid-none${path}`, `/${path}`, `${path}/`]) {
      if ((await withoutKey(method, url) === 401) === exempt.includes(path)) wrong.push(`${method} ${url}`)
    }
  }
  t.same(wrong, [])
  t.equal(await withoutKey('GET', '/no/such/path'), 404)
})

interface SignIn { tenant: string, provider: string, id: string, email: string, verified: boolean }
interface Person extends Omit<SignIn, 'verified'> { userId: string, confirmed: Set<string> }

t.test('sign-ins with a provider change the users that they should, in all tenants', async (t) => {
  const counts = { signIns: 0, users: 0 }
  const signIns = fc.array(fc.record<SignIn>({
    tenant: fc.constantFrom('public', 'ta', 'tb'),
    provider: fc.constantFrom('google', 'github'),
    id: fc.constantFrom('x', 'y'),
    email: fc.constantFrom('a@example.com', 'b@example.com', 'c@example.com'),
    verified: fc.boolean()
  }), { minLength: 2, maxLength: 8 })

  await fc.assert(fc.asyncProperty(signIns, async (list) => {
    const persons: Person[] = []
    // Other users than those of the runs before.
    const run = counts.signIns
    for (const { tenant, provider, id, email, verified } of list) {
      counts.signIns++
      const { body } = await withBody('POST', `/${tenant}/recipe/signinup`, { thirdPartyId: provider, thirdPartyUserId: `${id}${run}`, email: { id: email, isVerified: verified } })
      let person = persons.find((one) => one.tenant === tenant && one.provider === provider && one.id === id)
      if (body.createdNewUser !== (person === undefined)) throw new Error(`createdNewUser: ${String(body.createdNewUser)}`)
      if (person === undefined) persons.push(person = { tenant, provider, id, email, userId: (body.user as UserJson).id, confirmed: new Set() })
      // Who signs in takes a new email along into all tenants; who signs up changes nobody.
      else if (person.email !== email) for (const one of persons) if (one.provider === provider && one.id === id) one.email = email
      if (verified) person.confirmed.add(email)
    }
    counts.users += persons.length
    for (const { userId, email, confirmed } of persons) {
      const { emails, loginMethods } = (await ask(core, 'GET', `/user/id?userId=${userId}`)).body.user as UserJson
      const found = [emails[0], loginMethods[0]?.verified].join()
      if (found !== [email, confirmed.has(email)].join()) throw new Error(`${found}, not ${[email, confirmed.has(email)].join()}`)
    }
  }), { seed: SEED, numRuns: 5 * RUNS })
  t.comment(`${counts.signIns} sign-ins of ${counts.users} users`)
})
