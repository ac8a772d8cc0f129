import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { ApiAnswer } from '../../src/hosted-pages/api.js'
import type { Problem } from '../../src/hosted-pages/problem.js'
import type { PageText } from '../../src/language/page-sentences.js'
import { asJson } from '../../src/supertokens/adapter.js'
import { passed, secondStep, stepOf } from './factors.js'
import { given, isSignedOut, post, type PageKit } from './kit.js'
import { toSignIn } from './refresh.js'

const PLACE = '/second-factor/passkey'

export const WRONG_PASSKEY: Record<string, PageText> = {
  INVALID_CREDENTIALS_ERROR: 'This passkey does not work here. Please try another way.',
  RESTART_FLOW_ERROR: 'This took too long. Please start again.'
}

/** What the browser's window has answered. Without scripts, there was no window. */
export function credentialIn (body: unknown): object | undefined {
  try {
    const credential: unknown = JSON.parse(given(body, 'credential'))
    return typeof credential === 'object' && credential !== null ? credential : undefined
  } catch {
    return undefined
  }
}

/** Answers the script, which asks for options before the browser's window opens. */
export function answerScript (reply: FastifyReply, { statusCode, body: { status, message, options } }: ApiAnswer): FastifyReply {
  return asJson(reply).code(statusCode).send({ status, message, options })
}

/** A passkey as the second factor. The window of the browser needs a script. */
export function passkeyPages (app: FastifyInstance, kit: PageKit): void {
  const { pages, at } = kit

  async function show (request: FastifyRequest, reply: FastifyReply, problem?: Problem): Promise<FastifyReply> {
    const step = await stepOf(kit, request, reply, 'passkey')
    if (step === undefined) return reply
    return pages.show(request, reply, 'passkey', { ...secondStep(kit, request, step, problem), isSetUp: step.isSetUp })
  }

  app.route({ method: 'GET', ...at(PLACE), handler: async (request, reply) => await show(request, reply) })

  for (const [path, endpoint] of [['', 'verify'], ['/set-up', 'register']] as const) {
    app.route({
      method: 'POST',
      ...at(`${PLACE}${path}/options`),
      handler: async (request, reply) => answerScript(reply, await pages.call(request, reply, post(`/passkey/${endpoint}/options`, {})))
    })

    app.route({
      method: 'POST',
      ...at(PLACE + path),
      async handler (request, reply) {
        const credential = credentialIn(request.body)
        if (credential === undefined) return pages.go(request, reply, PLACE)
        const answer = await pages.call(request, reply, post(`/passkey/${endpoint}`, { credential }))
        if (isSignedOut(answer)) return toSignIn(pages, request, reply)
        const problem = pages.problemOf(request, answer, WRONG_PASSKEY)
        return problem === undefined ? passed(kit, request, reply, answer) : await show(request, reply, problem)
      }
    })
  }
}
