import type { FastifyInstance } from 'fastify'
import { watchCoreCalls } from '../supertokens/core-watch.js'
import { sampleAuditSinks } from './audit-sinks.js'
import { createAudited, LIMIT_NAMES } from './audited.js'
import { OTHER } from './bounded.js'
import { operationAt } from './core-operations.js'
import { createCountryOf } from './countries.js'
import { createInstruments } from './instruments.js'
import { createMessages } from './messages.js'
import type { Metrics } from './metrics.js'
import type { ResolvedMetrics } from './options.js'
import { countRequests } from './requests.js'
import { sampleState } from './state.js'
import { loadTraceId } from './trace.js'
import { beginAtZero } from './zeros.js'

interface CreateMetricsOptions extends ResolvedMetrics {
  mayBeOpen: boolean
  /** Those that are configured. */
  countries: readonly string[]
}

/** Begins to measure an app, until it closes. */
export async function createMetrics (app: FastifyInstance, { registry, routes, mayBeOpen, countries }: CreateMetricsOptions): Promise<Metrics> {
  const instruments = await createInstruments(await loadTraceId(), registry)
  const { count } = instruments
  const messages = createMessages({ instruments, countryOf: createCountryOf(countries), mailProvider: () => app.twoFactor.mail.name })
  const { sms, mail } = app.twoFactor
  const senders = [...sms.names.map((name) => ['sms', name] as const), ['mail', mail.name] as const]
  const outages = new Map(senders.map(([service, name]) => [`${service} ${name}`, { service, name, isDown: false }]))
  sampleState(instruments, app, outages)
  sampleAuditSinks(instruments, () => app.twoFactor.auditSinks())
  countRequests(app, instruments.ofRoute, routes === 'all')
  beginAtZero(instruments, { factors: app.twoFactor.secondFactor.factors.map(({ id }) => id), limits: LIMIT_NAMES, hasSocialLogins: app.twoFactor.recipes.has('thirdparty') })

  const unwatch = watchCoreCalls(({ method, url, status, seconds }) => {
    const operation = operationAt(method, url)
    count('core_requests_total', { operation, status: status === undefined ? 'none' : `${Math.floor(status / 100)}xx` })
    instruments.observe('core_request_duration_seconds', { operation }, seconds)
  })
  app.addHook('onClose', async () => {
    unwatch()
    instruments.close()
  })

  return {
    audited: createAudited(instruments),
    firstFactor (factor, isNew, outcome) { count(isNew ? 'sign_ups_total' : 'sign_ins_total', { factor, outcome }) },
    secondFactorAsked (factor) { count('second_factor_asked_total', { factor }) },
    messageSent: messages.sent,
    providerOutage (service, name, isDown) { outages.set(`${service} ${name}`, { service, name, isDown }) },
    messageFate: messages.fate,
    codeAnswered: messages.answered,
    limitRefused (operation = OTHER) { count('limit_refusals_total', { operation }) },
    sessionCreated () { count('sessions_created_total', {}) },
    sessionRefreshed () { count('sessions_refreshed_total', {}) },
    sessionsEnded (reason, sessions) { count('sessions_ended_total', { reason }, sessions) },
    mayBeOpen,
    text: instruments.text
  }
}
