import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Problem } from '../../../src/hosted-pages/problem.js'
import { textOf } from '../../../src/members.js'
import { given, post } from '../kit.js'
import { newAppIn, pictured, WRONG_APP, type NewApp } from '../totp.js'
import { enrolled } from './enrolments.js'
import { besideName, nameIn, type SecurityKit } from './kit.js'
import { removalPage } from './removal.js'
import { renamePage } from './rename.js'

const PAGE = '/security/apps/add'
const CONFIRM = '/security/apps/confirm'

/** Authenticator apps. */
export function appPages (app: FastifyInstance, kit: SecurityKit): void {
  if (!kit.has('totp')) return
  const { pages } = kit

  function showName (request: FastifyRequest, reply: FastifyReply, problem?: Problem): FastifyReply {
    const { typed } = kit.noteOf(request, reply, PAGE)
    return pages.show(request, reply, 'security-app', { typed: nameIn(request.body) ?? typed.name, problem })
  }

  const showNew = async (request: FastifyRequest, reply: FastifyReply, made: NewApp, problem?: Problem): Promise<FastifyReply> =>
    pages.show(request, reply, 'app-set-up', { ...await pictured(made), action: CONFIRM, problem })

  app.route({
    method: 'GET',
    ...kit.at(PAGE),
    handler: async (request, reply) => await kit.toConfirm(request, reply, PAGE) ?? showName(request, reply)
  })

  // No other answer has the secret: no redirect, and a reload makes another one.
  app.route({
    method: 'POST',
    ...kit.at(PAGE),
    async handler (request, reply) {
      const name = nameIn(request.body)
      const answer = await pages.call(request, reply, post('/totp/device', name === undefined ? {} : { deviceName: name }))
      const away = kit.sentAway(request, reply, answer, PAGE, { name: name ?? '' })
      if (away !== undefined) return away
      const problem = pages.problemOf(request, answer)
      if (problem !== undefined) return showName(request, reply, besideName(problem, answer))
      return await showNew(request, reply, { deviceName: textOf(answer.body, 'deviceName')!, uri: textOf(answer.body, 'qrCodeString')! })
    }
  })

  app.route({
    method: 'POST',
    ...kit.at(CONFIRM),
    async handler (request, reply) {
      const made = newAppIn(request.body)
      if (made === undefined) return pages.go(request, reply, PAGE)
      const answer = await pages.call(request, reply, post('/totp/device/verify', { deviceName: made.deviceName, totp: given(request.body, 'code') }))
      const away = kit.sentAway(request, reply, answer, PAGE)
      if (away !== undefined) return away
      const problem = pages.problemOf(request, answer, WRONG_APP)
      if (problem === undefined) return enrolled(kit, request, reply, answer)
      return answer.body.status === 'UNKNOWN_DEVICE_ERROR' ? showName(request, reply, problem) : await showNew(request, reply, made, problem)
    }
  })

  renamePage(app, kit, { kind: 'totp', rename: (id, name) => post('/totp/device/rename', { existingDeviceName: id, newDeviceName: name }), unknown: 'UNKNOWN_DEVICE_ERROR' })
  removalPage(app, kit, { kind: 'totp', remove: (id) => post('/totp/device/remove', { deviceName: id }), wasThere: ({ didDeviceExist }) => didDeviceExist === true })
}
