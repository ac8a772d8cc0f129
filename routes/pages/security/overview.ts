import { getUser } from 'supertokens-node'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { ApiAnswer } from '../../../src/hosted-pages/api.js'
import type { BrowserEntry, SessionEntry } from '../../../src/hosted-pages/templates/security/data.js'
import type { RecoveryView } from '../../../src/account/recovery.js'
import { NOTICES, type Notice } from '../../../src/second-factor/notice-texts.js'
import { get } from '../kit.js'
import { factorIdOf } from '../factors.js'
import { enrolmentsOf, withoutEnrolments } from './enrolments.js'
import type { SecurityKit } from './kit.js'

interface ListedSession extends Omit<SessionEntry, 'passed' | 'lastUsedAt' | 'browser' | 'system'> {
  lastUsedAt?: number
  browser?: string
  system?: string
  passed: { factor: string }[]
}

/** The password account of the person: what it signs in with. No endpoint tells, and the session is the person's own. */
export async function passwordLoginOf (kit: SecurityKit, request: FastifyRequest): Promise<string | undefined> {
  const visitor = kit.visitor(request)
  if (visitor.step !== 'in') return undefined
  const user = await getUser(visitor.session.getUserId())
  return user?.loginMethods.find(({ recipeId }) => recipeId === 'emailpassword')?.email
}

/** What the person is told of, in the words of the messages. */
function noticesOf ({ options: { firstFactor, noticesOff, newBrowserNotices, appInfo: { appName } } }: SecurityKit, request: FastifyRequest) {
  const { say } = request.server.twoFactor.languages.of(request)
  const off: readonly Notice[] = [...noticesOff, ...(newBrowserNotices ? [] : ['new-browser' as const])]
  const names = (Object.keys(NOTICES) as Notice[]).filter((name) => !off.includes(name))
  return { byPhone: firstFactor === 'phone-password', about: names.map((name) => say(NOTICES[name].subject, { appName })) }
}

function sessionsIn ({ body }: ApiAnswer): SessionEntry[] {
  return (body.sessions as ListedSession[]).map(({ lastUsedAt, browser, system, passed, ...session }) => ({ ...session, lastUsedAt, browser, system, passed: passed.map(({ factor }) => factorIdOf(factor)) }))
}

function recoveryIn (answer: ApiAnswer | undefined): { readyAt: number } | undefined {
  const { phase, readyAt } = (answer?.body.recovery ?? {}) as Partial<RecoveryView>
  return (phase === 'waiting' || phase === 'ready' || phase === 'open') && readyAt !== undefined ? { readyAt } : undefined
}

/** All that there is, on one page. */
export function overviewPage (app: FastifyInstance, kit: SecurityKit): void {
  const { pages, options: { firstFactor, knownBrowsers, accountRecovery } } = kit

  app.route({
    method: 'GET',
    ...kit.at('/security'),
    async handler (request, reply) {
      const read = async (path: string, isOn = true): Promise<ApiAnswer | undefined> => isOn ? await pages.call(request, reply, get(path)) : undefined
      const found = await enrolmentsOf(kit, request, reply)
      if ('refused' in found) return withoutEnrolments(kit, request, reply, found.refused)
      const [sessions, codes, browsers, recovery] = await Promise.all([read('/account/sessions'), read('/recovery-codes', kit.has('recovery-code')), read('/account/browsers', knownBrowsers), read('/account/recovery', accountRecovery)])
      const away = kit.sentAway(request, reply, sessions!, '/security')
      if (away !== undefined) return away
      const login = await passwordLoginOf(kit, request)
      return pages.show(request, reply, 'security', {
        ...found,
        said: kit.noteOf(request, reply, '/security').said,
        problem: [sessions, codes, browsers, recovery].map((answer) => answer && pages.problemOf(request, answer)).find((problem) => problem !== undefined),
        recoveryCodes: typeof codes?.body.left === 'number' ? codes.body.left : undefined,
        hasPassword: login !== undefined,
        email: firstFactor === 'email-password' ? login : undefined,
        sessions: sessions?.body.status === 'OK' ? sessionsIn(sessions) : [],
        sessionCount: Number(sessions?.body.total ?? 0),
        browsers: browsers && ((browsers.body.browsers ?? []) as BrowserEntry[]),
        notices: noticesOf(kit, request),
        recovery: recoveryIn(recovery),
        back: pages.targetIn(request)
      })
    }
  })
}
