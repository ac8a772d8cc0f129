import { createNewRoleOrAddPermissions, addRoleToUser } from 'supertokens-node/recipe/userroles'
import type { FastifyInstance, InjectOptions, LightMyRequestResponse } from 'fastify'
import { OptionsInvalid } from '../../errors.js'
import { memberOf } from '../../members.js'
import { upgradeOrigins } from '../../session/upgrades.js'
import { signIn, signUp, type SignedInUser } from '../sign-in.js'
import { createTestSession, credentialsOf, type TestSession, type TransferMethod } from '../test-session.js'
import { isUsualRefusal, openWebSocket, sendRequest, verdictOf, type Verdict } from './probe.js'
import { targetsOf, urlOf, type Target } from './routes.js'
import type { AttackAnswer, AttackSuiteOptions, Sample } from './types.js'
import { waysOf, type Way } from './way.js'

export interface Probe extends AttackAnswer {
  verdict: Verdict
}

/** A target, and what became of a session that has everything that it asks for. */
export interface TriedTarget extends Target {
  /** What is sent to it. */
  given: Sample
  /** Why nothing is known of it: even that session did not come in. */
  unproven?: string
  /** Who comes in anyway, of those who should not. That is reported once, and what else they could do is not. */
  openTo?: 'strangers' | 'first-factor'
  /** Whether its handler ends the session of whoever calls it, as one for signing out. */
  endsSessions?: true
}

/** What attacks have to do with: the app, what there is to attack, and whoever they need. */
export interface Stage {
  app: FastifyInstance
  /** Where requests of the Frontend Driver Interface go. */
  base: string
  sessions: readonly TransferMethod[]
  ways: readonly Way[]
  targets: readonly TriedTarget[]
  /** Key of the claim that says that the second factor has passed. */
  claim: string
  /** Whether accounts sign in with a phone number and a password. */
  isByPhone: boolean
  /** Names of the routes that anybody may reach. */
  open: ReadonlySet<string>
  /** A request to a target, with these headers. */
  probe (target: TriedTarget, headers: Record<string, string>, change?: InjectOptions): Promise<Probe>
  /** Any other request of an attack, judged by the same rules. */
  send (request: InjectOptions): Promise<Probe>
  /** Whether a session comes in where the second factor is asked for: what every attack is after. */
  isIn (session: TestSession): Promise<boolean>
  /** A new account, signed in by its first factor alone. */
  newUser (session: TransferMethod): Promise<SignedInUser>
  /** Another session of an account by the first factor alone: what a thief of the password has. */
  withPassword (user: SignedInUser): Promise<SignedInUser>
  /** A new account that has passed this factor. */
  finishedUser (session: TransferMethod, way: Way): Promise<SignedInUser>
  /** The same, with the roles and permissions of all targets. */
  privilegedUser (session: TransferMethod, way: Way): Promise<SignedInUser>
  pass (user: SignedInUser, way: Way): Promise<void>
}

export const post = (session: TestSession, url: string, payload: object = {}): Promise<LightMyRequestResponse> =>
  session.inject({ method: 'POST', url, payload })

/** What an answer of the Frontend Driver Interface says. */
export function statusIn (response: LightMyRequestResponse): string | undefined {
  return response.body.startsWith('{') ? response.json<{ status?: string }>().status : undefined
}

export const isOk = (response: LightMyRequestResponse): boolean => response.statusCode === 200 && statusIn(response) === 'OK'

export const accessTokenOf = ({ cookies, tokens }: TestSession): string => cookies.get('sAccessToken') ?? tokens.get('st-access-token') ?? ''

export const refreshTokenOf = ({ cookies, tokens }: TestSession): string => cookies.get('sRefreshToken') ?? tokens.get('st-refresh-token') ?? ''

export function payloadIn (token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString() || '{}') as Record<string, unknown>
}

export async function passIn (user: SignedInUser, way: Way): Promise<void> {
  const { url, payload } = await way.request(user)
  const response = await post(user.session, url, payload)
  if (!isOk(response)) throw new Error(`the second factor answered ${response.statusCode} ${response.body}`)
}

const PERMISSIONS = 'attack-suite-permissions'

/** Grants what the targets ask for. The roles belong to the test's Core. */
async function grant (targets: readonly Target[], userId: string): Promise<void> {
  const roles = new Set(targets.flatMap((target) => target.roles))
  const permissions = [...new Set(targets.flatMap((target) => target.permissions))]
  for (const role of roles) await createNewRoleOrAddPermissions(role, [])
  if (permissions.length > 0) await createNewRoleOrAddPermissions(PERMISSIONS, permissions)
  for (const role of [...roles, ...permissions.length > 0 ? [PERMISSIONS] : []]) await addRoleToUser('public', userId, role)
}

/** What the suite does with the app, as somebody or as nobody. */
function actions (app: FastifyInstance, options: AttackSuiteOptions, targets: readonly TriedTarget[]): Pick<Stage, 'probe' | 'send' | 'newUser' | 'withPassword' | 'finishedUser' | 'privilegedUser' | 'pass'> {
  const { isRefusal = isUsualRefusal, patience = 2000 } = options
  const judged = (answer: AttackAnswer): Probe => ({ ...answer, verdict: verdictOf(answer, isRefusal) })

  const newUser: Stage['newUser'] = (transferMethod) => (options.signUp ?? signUp)(app, { transferMethod })
  const withPassword: Stage['withPassword'] = async (user) => await signIn(app, { ...user, transferMethod: user.session.transferMethod })

  return {
    async probe (target, headers, change = {}) {
      const { payload, headers: own = {} } = target.given
      const url = urlOf(target, target.given)
      if (target.isWebSocket) {
        // As the app's own website does.
        const [origin] = upgradeOrigins(target.scope)
        return judged(await openWebSocket(target.scope, url, { ...(origin !== undefined && { origin }), ...own, ...headers, ...change.headers as Record<string, string> }, patience))
      }
      return judged(await sendRequest(app, { method: target.method as 'GET', url, ...(payload !== undefined && { payload }), ...change, headers: { ...own, ...headers, ...change.headers } }, patience))
    },
    send: async (request) => judged(await sendRequest(app, request, patience)),
    newUser,
    withPassword,
    pass: passIn,
    async finishedUser (transferMethod, way) {
      const user = await newUser(transferMethod)
      await passIn(user, way)
      return user
    },
    async privilegedUser (transferMethod, way) {
      const { userId, ...account } = await newUser(transferMethod)
      await grant(targets, userId)
      // Roles are in the tokens of sessions that begin afterwards.
      const user = await withPassword({ ...account, userId })
      await passIn(user, way)
      return user
    }
  }
}

/** The ways in which the app hands out sessions, of those that are wanted. */
async function sessionsOf (wanted: readonly TransferMethod[], { newUser }: Pick<Stage, 'newUser'>): Promise<TransferMethod[]> {
  const found: TransferMethod[] = []
  for (const transferMethod of wanted) {
    const { session: { cookies, tokens } } = await newUser(transferMethod)
    if (transferMethod === 'cookie' ? cookies.has('sAccessToken') : tokens.has('st-access-token')) found.push(transferMethod)
  }
  if (found.length === 0) throw new OptionsInvalid(`attackSuite: the app hands out no session by ${wanted.join(' or ')}`)
  return found
}

/** Sends each target what it asks for. What does not come in then proves nothing when an attacker does not either. */
async function tryTargets (targets: TriedTarget[], ways: readonly Way[], transferMethod: TransferMethod, app: FastifyInstance, act: ReturnType<typeof actions>): Promise<void> {
  const users = new Map<string, SignedInUser>()
  async function userFor ({ access, factors }: Target): Promise<SignedInUser | undefined> {
    const way = ways.find(({ factor }) => factors?.includes(factor) ?? true)
    if (way === undefined) return undefined
    const key = access === 'first-factor' ? access : way.factor
    const known = users.get(key)
    if (known !== undefined) return known
    const user = access === 'first-factor' ? await act.newUser(transferMethod) : await act.privilegedUser(transferMethod, way)
    users.set(key, user)
    return user
  }
  for (const target of targets) {
    const user = await userFor(target)
    if (user === undefined) {
      target.unproven = `the suite can pass none of the factors ${target.factors?.join(', ')}`
      continue
    }
    target.given = await target.sample(user)
    const tried = await act.probe(target, credentialsOf(user.session, target.path))
    const url = `${app.twoFactor.authPath.received}/account/sessions`
    if ((await act.send({ url, headers: credentialsOf(user.session, url) })).statusCode === 401) {
      target.endsSessions = true
      users.clear()
    }
    if (tried.verdict !== 'admitted') target.unproven = `a session with all that it asks for got ${tried.statusCode ?? 'no answer'}${bodyOf(tried)}: give it a sample in routes, or say what it asks for`
  }
}

/** Notes where a stranger comes in, and where a session of the first factor does. */
async function noteOpen (targets: TriedTarget[], transferMethod: TransferMethod, app: FastifyInstance, act: ReturnType<typeof actions>): Promise<void> {
  const [stranger, { session: half }] = [createTestSession(app, transferMethod), await act.newUser(transferMethod)]
  for (const target of targets) {
    const byStranger = await act.probe(target, credentialsOf(stranger, target.path))
    const byHalf = target.access === 'second-factor' ? await act.probe(target, credentialsOf(half, target.path)) : undefined
    if (byStranger.verdict === 'admitted') target.openTo = 'strangers'
    else if (byHalf?.verdict === 'admitted') target.openTo = 'first-factor'
    const unclear = [byStranger, byHalf].find((probe) => probe?.verdict === 'unclear')
    if (unclear !== undefined) target.unproven ??= `whoever may not come in got ${unclear.statusCode ?? 'no answer'}${bodyOf(unclear)}, which does not come from a guard`
  }
}

/** The beginning of an answer, for whoever reads the report. */
export const bodyOf = ({ body }: AttackAnswer): string => body === '' ? '' : ` ${body.slice(0, 120)}`

/** Finds out what there is to attack, and tries all of it once as somebody who may. */
export async function setStage (app: FastifyInstance, options: AttackSuiteOptions): Promise<Stage> {
  const all = targetsOf(app, options.routes ?? {})
  const targets: TriedTarget[] = all.filter(({ access, skip }) => access !== 'public' && skip === undefined).map((target) => ({ ...target, given: {} }))
  const act = actions(app, options, targets)
  const ways = waysOf(app)
  const sessions = await sessionsOf(options.sessions ?? ['cookie', 'header'], act)
  await tryTargets(targets, ways, sessions[0]!, app, act)
  const { claim } = app.twoFactor.secondFactor

  await noteOpen(targets, sessions[0]!, app, act)
  // A route that lets anybody in tells nothing of a session.
  const gate = targets.find((one) => one.access === 'second-factor' && one.unproven === undefined && one.openTo === undefined && !one.isWebSocket &&
    one.factors === undefined && one.maxAge === undefined && one.roles.length + one.permissions.length === 0)

  return {
    ...act,
    app,
    base: app.twoFactor.authPath.received,
    sessions,
    ways,
    targets,
    claim: claim.key,
    isByPhone: claim.key === 'phone-verified',
    open: new Set(all.filter(({ access }) => access === 'public').map(({ name }) => name)),
    async isIn (session) {
      if (gate !== undefined) return (await act.probe(gate, credentialsOf(session, gate.path))).verdict === 'admitted'
      // Without such a route: what the token says, of a session that is alive.
      const url = `${app.twoFactor.authPath.received}/account/sessions`
      return memberOf(payloadIn(accessTokenOf(session))[claim.key], 'v') === true && (await act.send({ url, headers: credentialsOf(session, url) })).statusCode === 200
    }
  }
}
