import type { FastifyInstance } from 'fastify'
import type { PageKit } from '../kit.js'
import { appPages } from './apps.js'
import { contactPages } from './contacts.js'
import { emailPage } from './email.js'
import { endings } from './endings.js'
import { securityKit } from './kit.js'
import { overviewPage } from './overview.js'
import { passkeyPages } from './passkeys.js'
import { passwordPage } from './password.js'
import { recoveryCodePages } from './recovery-codes.js'

/** Where a session goes that is not in yet. */
const NEXT = { 'sign-in': '', refresh: '', 'verify-email': '/verify-email', 'second-factor': '/second-factor' } as const

/**
 * "My security": what a signed-in person sees and changes of the account. One more client of its endpoints, which decide
 * everything. A form that comes too late leads to what is missing, and then to the overview: nothing is done without a look.
 */
export function securityPages (app: FastifyInstance, pageKit: PageKit): void {
  const kit = securityKit(app, pageKit)
  const { pages } = kit

  app.addHook('preHandler', async (request, reply) => {
    const { step } = kit.visitor(request)
    if (step === 'in') return
    const redirect = request.method === 'GET' ? app.twoFactor.authPath.publicPathOf(request.url) : `${pages.places.base}/security`
    return pages.go(request, reply, NEXT[step], { redirect })
  })

  overviewPage(app, kit)
  contactPages(app, kit)
  appPages(app, kit)
  passkeyPages(app, kit)
  recoveryCodePages(app, kit)
  passwordPage(app, kit)
  emailPage(app, kit)
  endings(app, kit)
}
