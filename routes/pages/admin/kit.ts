import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { RefusalName } from '../../../src/account/refusals.js'
import type { Actor } from '../../../src/admin-api/gate.js'
import type { AdminPageRoles } from '../../../src/admin-api/options.js'
import { accessOf, MAX_AGE } from '../../../src/admin-api/page-access.js'
import { publishAudit } from '../../../src/audit/audit.js'
import type { Problem } from '../../../src/hosted-pages/problem.js'
import { keepNote } from '../../../src/hosted-pages/note.js'
import type { AdminText } from '../../../src/language/admin-sentences.js'
import { memberOf, textOf } from '../../../src/members.js'
import { callOf } from '../../../src/supertokens/adapter.js'
import { toPublicError } from '../../../src/supertokens/failures.js'
import { given, showFailure, type PageKit } from '../kit.js'
import { toRefresh } from '../refresh.js'

/** What the modules of this folder share. */
export interface AdminPageKit extends PageKit {
  /** Who is in front of the page. */
  actorOf (request: FastifyRequest): Actor
  /**
   * Lets only administrators pass, with a second factor that has passed lately.
   *
   * @param purpose what the scope's routes are for
   * @param backOf the page below the hosted pages to come back to, with what was typed
   */
  guard (scope: FastifyInstance, purpose: keyof typeof MAX_AGE, backOf: (request: FastifyRequest) => string): void
  /** What a refusal of an operation says to the person in front. Everything else is thrown on. */
  problemOf (request: FastifyRequest, err: unknown): Problem
}

/** Its administrators administer everybody, those of another tenant its own people. */
const DEFAULT_TENANT = 'public'

const NEXT = { 'sign-in': '', refresh: '', 'verify-email': '/verify-email', 'second-factor': '/second-factor' } as const

/** Refusals that say more here than to a program. */
const TEXTS = {
  AUTH_ADMIN_ROLE_TOO_LOW: 'Your role does not allow this.',
  AUTH_ADMIN_OWN_ACCOUNT: 'You cannot change your own account here. Please ask another administrator.',
  AUTH_ADMIN_LAST_FACTOR: 'The account would have no second factor. Start its recovery, or ask somebody whose role allows more.',
  AUTH_USER_UNKNOWN: 'There is no such person.'
} as const

/** The same for what operators are told by the command, with names of settings that are of no use here. */
const REFUSALS: Record<RefusalName, AdminText> = {
  'no-account': 'This is no account, but the phone or the address of one.',
  'no-such-factor': 'There is no such second factor.',
  'phone-is-login': 'The person signs in with this phone, so it cannot be reset.',
  'nothing-enrolled': 'Nothing of this kind is set up.',
  'could-be-taken-over': 'The account would have no second factor, and its password cannot be reset by a link here. Whoever has the password could take it over.',
  'session-gone': 'There is no such session any more.',
  'recovery-off': 'Accounts are not recovered here.',
  'nothing-to-recover': 'The account has no second factor that could be recovered.',
  'no-mailbox': 'The account has no e-mail address by which it could be recovered.',
  'recoveries-full': 'Too many recoveries are under way. Please try again later.',
  'no-recovery': 'There is no recovery under way.',
  'reset-off': 'Passwords cannot be reset by a link here, so the person could not sign in any more.',
  'no-password': 'This account has no password.',
  'one-name': 'Please search for one address or number at a time.',
  'no-search': 'One cannot search for this.'
}

export function adminPageKit (app: FastifyInstance, kit: PageKit, pageRoles: AdminPageRoles): AdminPageKit {
  const { pages, say } = kit
  const actors = new WeakMap<FastifyRequest, Actor>()
  const { limits } = app.twoFactor

  return {
    ...kit,
    actorOf: (request) => actors.get(request)!,

    guard (scope, purpose, backOf) {
      scope.addHook('preHandler', async (request, reply) => {
        const visitor = kit.visitor(request)
        const redirect = pages.places.base + backOf(request)
        if (visitor.step !== 'in') return pages.go(request, reply, NEXT[visitor.step], { redirect })
        const access = await accessOf(app, visitor.session, pageRoles, MAX_AGE[purpose], callOf(request, reply).userContext)
        // The refresh takes the cookies away: to the page that signs in, the token would still look like a session.
        if (access.step === 'sign-in') return toRefresh(pages, request, reply)
        const by = `user:${access.userId}`
        if (access.step === 'refused') {
          publishAudit(app, { type: 'admin.refused', actor: by, reason: 'no role for the admin page' }, request)
          return showFailure(kit, request, reply, { message: say(request, 'Your account has no role for administration.'), statusCode: 403 })
        }
        if (access.step === 'confirm') {
          const reason = given(request.body, 'reason')
          if (reason !== '') keepNote(reply, pages.places, { typed: { page: backOf(request), fields: { reason } } })
          return pages.onceMore(request, reply, backOf(request))
        }
        const { role, userId, tenantId } = access
        actors.set(request, { by, role, userId, ...(tenantId !== DEFAULT_TENANT && { tenantId }), request })
        await limits?.adminCalls?.count(by, { isChange: purpose === 'change' && request.method === 'POST' })
      })
    },

    problemOf (request, err) {
      const { statusCode = 500, code, message } = toPublicError(err)
      if (statusCode >= 500) throw err
      const known = TEXTS[code as keyof typeof TEXTS] ?? REFUSALS[textOf(err, 'why') as RefusalName]
      // What no form of these pages asks for is refused in the words of the command.
      const text = known !== undefined ? say(request, known) : textOf(err, 'code') === 'AUTH_OPERATION_REFUSED' ? say(request, 'This was refused: {reason}', { reason: message }) : app.twoFactor.languages.of(request).translate(message)?.text ?? message
      const retryAfter = memberOf(err, 'retryAfter')
      return { message: text, fields: {}, code, statusCode, retryAfter: typeof retryAfter === 'number' ? retryAfter : undefined }
    }
  }
}
