import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { ApiCall } from '../../../src/hosted-pages/api.js'
import type { Said } from '../../../src/hosted-pages/note.js'
import { given, post } from '../kit.js'
import type { SecurityKit } from './kit.js'

interface Ending {
  path: string
  call (request: FastifyRequest): ApiCall
  said: Said
  /** The member of the answer that says whether there was something to end. */
  existed?: string
}

const ENDINGS: readonly Ending[] = [
  { path: '/security/sessions/end', call: ({ body }) => post('/account/sessions/end', { id: given(body, 'id') }), said: 'session-ended', existed: 'didSessionExist' },
  { path: '/security/sessions/end-others', call: () => post('/account/sessions/end', { others: true }), said: 'others-ended' },
  { path: '/security/browsers/end', call: ({ body }) => post('/account/browsers/end', { id: given(body, 'id') }), said: 'browser-forgotten', existed: 'didBrowserExist' },
  { path: '/security/recovery/stop', call: () => post('/account/recovery/stop', {}), said: 'recovery-stopped' }
]

/** What one press of a button on the overview ends: it can be begun again, so nothing is asked before. */
export function endings (app: FastifyInstance, kit: SecurityKit): void {
  const { pages, options: { knownBrowsers, accountRecovery } } = kit
  const isOn = ({ path }: Ending): boolean => (knownBrowsers || !path.startsWith('/security/browsers')) && (accountRecovery || !path.startsWith('/security/recovery'))

  function refused (request: FastifyRequest, reply: FastifyReply, message: string, statusCode: number): FastifyReply {
    const next = { href: pages.to(request, '/security'), text: kit.say(request, 'Back to my security') }
    return pages.show(request, reply, 'message', { title: kit.say(request, 'This did not work'), text: message, next }, statusCode)
  }

  for (const { path, call, said, existed } of ENDINGS.filter(isOn)) {
    app.route({
      method: 'POST',
      ...kit.at(path),
      async handler (request, reply) {
        const answer = await pages.call(request, reply, call(request))
        const away = kit.sentAway(request, reply, answer, '/security')
        if (away !== undefined) return away
        const problem = pages.problemOf(request, answer)
        if (problem !== undefined) return refused(request, reply, problem.message, problem.statusCode)
        return kit.done(request, reply, existed === undefined || answer.body[existed] === true ? said : 'gone')
      }
    })
  }
}
