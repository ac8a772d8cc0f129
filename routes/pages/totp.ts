import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Problem } from '../../src/hosted-pages/problem.js'
import type { PageText } from '../../src/language/page-sentences.js'
import { textOf } from '../../src/members.js'
import { qrCode } from '../../src/second-factor/factors/totp/picture.js'
import { passed, secondStep, stepOf } from './factors.js'
import { given, isSignedOut, post, type PageKit } from './kit.js'
import { toSignIn } from './refresh.js'

const PLACE = '/second-factor/totp'

/** What the statuses of apps mean. */
export const WRONG_APP: Record<string, PageText> = {
  INVALID_TOTP_ERROR: 'This code is wrong. Please try again.',
  UNKNOWN_DEVICE_ERROR: 'This took too long. Please start again.'
}

/** What an app is set up with. The browser has it from the page, and sends it back with the first code. */
export interface NewApp { deviceName: string, uri: string }

/** Long enough for any name of an app and an account. */
const LONGEST_URI = 1000

/** What a form sends back goes into the page as it is: nothing but the address of an app, with its secret. */
export function newAppIn (body: unknown): NewApp | undefined {
  const [deviceName, uri] = [given(body, 'deviceName'), given(body, 'uri')]
  return deviceName !== '' && uri.length <= LONGEST_URI && /^otpauth:\/\/totp\/\S+[?&]secret=[A-Z2-7]+/.test(uri) ? { deviceName, uri } : undefined
}

/** The same as the page shows it. */
export async function pictured ({ deviceName, uri }: NewApp): Promise<NewApp & { secret: string, picture: string }> {
  return { deviceName, uri, secret: new URL(uri).searchParams.get('secret') ?? '', picture: `data:image/svg+xml,${encodeURIComponent(await qrCode(uri))}` }
}

/** The pages of the authenticator app: enter its code, or set it up. */
export function totpPages (app: FastifyInstance, kit: PageKit): void {
  const { pages, at } = kit

  async function show (request: FastifyRequest, reply: FastifyReply, problem?: Problem): Promise<FastifyReply> {
    const step = await stepOf(kit, request, reply, 'totp')
    if (step === undefined) return reply
    if (!step.isSetUp) return pages.show(request, reply, 'app-start', secondStep(kit, request, step, problem))
    return pages.show(request, reply, 'typed-code', { ...secondStep(kit, request, step, problem), factor: step.factor })
  }

  async function showNew (request: FastifyRequest, reply: FastifyReply, made: NewApp, problem?: Problem): Promise<FastifyReply> {
    return pages.show(request, reply, 'app-set-up', { ...await pictured(made), action: `${PLACE}/confirm`, problem })
  }

  app.route({ method: 'GET', ...at(PLACE), handler: async (request, reply) => await show(request, reply) })

  app.route({
    method: 'POST',
    ...at(PLACE),
    async handler (request, reply) {
      const answer = await pages.call(request, reply, post('/totp/verify', { totp: given(request.body, 'code') }))
      if (isSignedOut(answer)) return toSignIn(pages, request, reply)
      const problem = pages.problemOf(request, answer, WRONG_APP)
      return problem === undefined ? passed(kit, request, reply, answer) : await show(request, reply, problem)
    }
  })

  // The secret is shown once, so this is no redirect: a reload makes another one.
  app.route({
    method: 'POST',
    ...at(`${PLACE}/set-up`),
    async handler (request, reply) {
      const answer = await pages.call(request, reply, post('/totp/device', {}))
      if (isSignedOut(answer)) return toSignIn(pages, request, reply)
      const problem = pages.problemOf(request, answer)
      if (problem !== undefined) return await show(request, reply, problem)
      return await showNew(request, reply, { deviceName: textOf(answer.body, 'deviceName')!, uri: textOf(answer.body, 'qrCodeString')! })
    }
  })

  app.route({
    method: 'POST',
    ...at(`${PLACE}/confirm`),
    async handler (request, reply) {
      const made = newAppIn(request.body)
      if (made === undefined) return pages.go(request, reply, PLACE)
      const answer = await pages.call(request, reply, post('/totp/device/verify', { deviceName: made.deviceName, totp: given(request.body, 'code') }))
      if (isSignedOut(answer)) return toSignIn(pages, request, reply)
      const problem = pages.problemOf(request, answer, WRONG_APP)
      if (problem === undefined) return passed(kit, request, reply, answer)
      return answer.body.status === 'UNKNOWN_DEVICE_ERROR' ? await show(request, reply, problem) : await showNew(request, reply, made, problem)
    }
  })
}
