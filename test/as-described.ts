import { channel, subscribe } from 'node:diagnostics_channel'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import type { FastifyInstance } from 'fastify'
import { AUDIT_CHANNEL, type AuditEvent } from '../src/audit/event.js'
import { EVENT_TYPES, type EventType } from '../src/audit/event-types.js'
import { schemaOfType } from '../src/audit/schema.js'
import { answersOf } from '../src/openapi/describe-routes.js'
import { operationOf } from '../src/openapi/described.js'
import { OPERATIONS } from '../src/openapi/operations/index.js'

/**
 * Preloaded into test processes: every answer of ours, in every test, must be as the OpenAPI document describes it, and every
 * audit event as its schema does. What is not is printed and answered with 500, so that its test fails.
 */
const ajv = new Ajv2020({ strict: false, allErrors: false })
const validators = new Map<string, ValidateFunction | undefined>()

function validatorOf (operation: string, status: number): ValidateFunction | undefined {
  const key = `${status} ${operation}`
  if (!validators.has(key)) {
    const answer = answersOf(operation)[status]
    validators.set(key, typeof answer === 'object' && !('media' in answer) ? ajv.compile(answer) : undefined)
  }
  return validators.get(key)
}

/**
 * Why an answer is not as described. Refusals by status alone that no endpoint has for itself are left to their own tests, and
 * factors of a test's own are not described.
 */
export function difference (operation: string, status: number, payload: string): string | undefined {
  const validate = validatorOf(operation, status)
  if (validate === undefined) return status < 400 && operation in OPERATIONS ? `${operation} is not described with ${status}` : undefined
  const answer: unknown = JSON.parse(payload)
  return validate(answer) ? undefined : `${operation} answered ${status} ${payload.slice(0, 600)}, which is not as described: ${ajv.errorsText(validate.errors)}`
}

channel('fastify.initialization').subscribe((message) => {
  const { fastify: app } = message as { fastify: FastifyInstance }
  app.addHook('onSend', (request, reply, payload, done) => {
    const operation = operationOf(request.routeOptions.config)
    const isJson = typeof payload === 'string' && String(reply.getHeader('content-type')).startsWith('application/json')
    const found = operation !== undefined && isJson ? difference(operation, reply.statusCode, payload) : undefined
    if (found === undefined) return done(null, payload)
    console.error(found)
    done(new Error(found))
  })
})

const eventValidators = new Map<string, ValidateFunction>()

/** Why an audit event is not as its schema describes it. */
export function eventDifference (event: AuditEvent): string | undefined {
  const type: EventType | undefined = EVENT_TYPES[event.type]
  if (type === undefined) return `${JSON.stringify(event)} has a type that src/audit/event-types.ts does not have`
  const validate = eventValidators.get(event.type) ?? ajv.compile(schemaOfType(event.type, type))
  eventValidators.set(event.type, validate)
  return validate(event) ? undefined : `${JSON.stringify(event)} is not as src/audit/event-types.ts describes it: ${ajv.errorsText(validate.errors)}`
}

// What a subscriber throws becomes an uncaught exception, so the test fails.
subscribe(AUDIT_CHANNEL, (event) => {
  const found = eventDifference(event as AuditEvent)
  if (found !== undefined) throw new Error(found)
})
