import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Problem } from '../../../src/hosted-pages/problem.js'
import { textOf } from '../../../src/members.js'
import { given, post } from '../kit.js'
import { enrolled } from './enrolments.js'
import { nameIn, type SecurityKit } from './kit.js'
import { removalPage } from './removal.js'

const PAGE = '/security/apps/add'

/** Authenticator apps. */
export function appPages (app: FastifyInstance, kit: SecurityKit): void {
  if (!app.twoFactor.secondFactor.factors.some(({ id }) => id === 'totp')) return
  const { pages } = kit

  function showName (request: FastifyRequest, reply: FastifyReply, problem?: Problem): FastifyReply {
    const { typed } = kit.noteOf(request, reply)
    return pages.show(request, reply, 'security-app', { typed: nameIn(request.body) ?? typed.name, app: undefined, problem }, problem?.statusCode)
  }

  app.route({
    method: 'GET',
    ...kit.at(PAGE),
    handler: async (request, reply) => await kit.toConfirm(request, reply, PAGE) ?? showName(request, reply)
  })

  // Shows the secret, which no other answer has: no redirect, and a reload makes another one.
  app.route({
    method: 'POST',
    ...kit.at(PAGE),
    async handler (request, reply) {
      const name = nameIn(request.body)
      const answer = await pages.call(request, reply, post('/totp/device', name === undefined ? {} : { deviceName: name }))
      const away = kit.sentAway(request, reply, answer, PAGE, { name: name ?? '' })
      if (away !== undefined) return away
      const problem = pages.problemOf(request, answer)
      if (problem !== undefined) return showName(request, reply, answer.body.status === 'DEVICE_ALREADY_EXISTS_ERROR' ? { ...problem, fields: { name: problem.message } } : problem)
      const { body } = answer
      return pages.show(request, reply, 'security-app', {
        typed: undefined,
        app: { name: textOf(body, 'deviceName')!, shown: { secret: textOf(body, 'secret')!, qrCodeSvg: textOf(body, 'qrCodeSvg')! } },
        problem: undefined
      })
    }
  })

  app.route({
    method: 'POST',
    ...kit.at('/security/apps/confirm'),
    async handler (request, reply) {
      const name = given(request.body, 'name')
      const answer = await pages.call(request, reply, post('/totp/device/verify', { deviceName: name, totp: given(request.body, 'code') }))
      const away = kit.sentAway(request, reply, answer, PAGE)
      if (away !== undefined) return away
      const problem = pages.problemOf(request, answer, { INVALID_TOTP_ERROR: 'This code is wrong. Please try again.', UNKNOWN_DEVICE_ERROR: 'This took too long. Please start again.' })
      if (problem === undefined) return enrolled(kit, request, reply, answer)
      const isOver = answer.body.status === 'UNKNOWN_DEVICE_ERROR'
      return pages.show(request, reply, 'security-app', { typed: name, app: isOver ? undefined : { name, shown: undefined }, problem }, problem.statusCode)
    }
  })

  removalPage(app, kit, { kind: 'totp', remove: (id) => post('/totp/device/remove', { deviceName: id }), wasThere: ({ didDeviceExist }) => didDeviceExist === true })
}
