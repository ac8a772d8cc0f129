import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyRequest } from 'fastify'
import { pino } from 'pino'
import type { AuditTrailOptions } from '../../src/audit/options.js'
import { createSinks } from '../../src/audit/sinks/create.js'
import { createTrail } from '../../src/audit/trail.js'
import { makeEvent } from '../audit/events.js'

// Records events as fast as it can, and tells its parent of each one that is kept, until it is killed or has written all.
const { audit, count } = JSON.parse(process.argv[2]!) as { audit: AuditTrailOptions, count: number }
const trail = createTrail(await createSinks(audit, pino({ level: 'silent' })), { required: true, log: pino({ level: 'silent' }) })
process.on('disconnect', () => { process.exit() })
process.send!({ ready: true })
for (let i = 0; i < count; i++) {
  const event = makeEvent('second-factor.passed', { userId: `user-${i % 5}`, reason: 'x'.repeat(i % 200) })
  const request = {} as FastifyRequest
  trail.record(event, request)
  process.send!({ id: event.id, isKept: await trail.settle(request) })
  if (i % 10 === 9) await sleep(1)
}
process.send!({ done: true })
await sleep(600_000)
