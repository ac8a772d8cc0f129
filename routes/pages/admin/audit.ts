import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { readAuditAs } from '../../../src/admin-api/audit.js'
import { type Actor, isPlainId } from '../../../src/admin-api/gate.js'
import { filtersIn, type FilterTexts } from '../../../src/audit/reader/filters.js'
import type { AuditPage } from '../../../src/audit/reader/reader.js'
import type { Problem } from '../../../src/hosted-pages/problem.js'
import { textOf } from '../../../src/members.js'
import { given } from '../kit.js'
import type { AdminPageKit } from './kit.js'

const NAMES = ['userId', 'type', 'result', 'actor', 'requestId', 'since', 'until'] as const satisfies ReadonlyArray<keyof FilterTexts>
const IN_CHARACTERS = 256
const NOTHING: AuditPage = { events: [], damaged: 0 }

const refused = (message: string, statusCode: number, fields = {}): Problem => ({ message, fields, code: undefined, statusCode, retryAfter: undefined })

const textsIn = (source: unknown): FilterTexts => Object.fromEntries(NAMES.map((name) => [name, given(source, name).slice(0, IN_CHARACTERS).trim() || undefined]))

/** The audit log. What is typed is sent as a form, as the search for people is. */
export function auditPages (app: FastifyInstance, kit: AdminPageKit): void {
  const { pages, say, actorOf } = kit
  const { admin, auditReader } = app.twoFactor

  async function find (actor: Actor, filters: ReturnType<typeof filtersIn>['filters'], cursor: string): Promise<AuditPage> {
    const found = await readAuditAs(app, actor, { ...filters, cursor: cursor || undefined })
    admin!.viewed(actor, isPlainId(filters.userId) ? filters.userId : found.events.length, 'audit events')
    return found
  }

  const misspelt = (request: FastifyRequest, wrong: readonly string[]): Problem =>
    refused(say(request, 'Please correct what is marked below.'), 422, Object.fromEntries(wrong.map((name) => [name, say(request, 'Please enter a time.')])))

  async function show (request: FastifyRequest, reply: FastifyReply, source: unknown): Promise<FastifyReply> {
    const texts = textsIn(source)
    const { filters, wrong } = filtersIn(texts)
    let problem = wrong.length > 0 ? misspelt(request, wrong) : undefined
    const found = auditReader === undefined
      ? undefined
      : problem !== undefined
        ? NOTHING
        : await find(actorOf(request), filters, given(source, 'from')).catch((err: unknown) => {
          // All that can be refused here is where to go on.
          problem = textOf(err, 'code') === 'AUTH_OPERATION_REFUSED' ? refused(say(request, 'This part of the log is not there any more. Please begin with the newest events.'), 409) : kit.problemOf(request, err)
          return NOTHING
        })
    return pages.show(request, reply, 'admin-audit', { problem, filters: texts, found })
  }

  app.route({ method: 'GET', ...kit.at('/admin/audit'), handler: async (request, reply) => await show(request, reply, { userId: given(request.query, 'userId') }) })
  app.route({ method: 'POST', ...kit.at('/admin/audit'), handler: async (request, reply) => await show(request, reply, request.body) })
}
