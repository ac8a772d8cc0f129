import type { Operations } from '../operation.js'
import { exactly, text } from '../schemas.js'

const readiness = exactly({ status: { enum: ['ok', 'unavailable', 'leaving'] }, core: { enum: ['reachable', 'unreachable'] } }, { redis: { enum: ['reachable', 'unreachable'] } })

export const SERVICE: Operations = {
  'GET /health': { tag: 'Service', summary: 'Whether the process is alive', answers: { 200: exactly({ status: text }) }, session: 'none' },
  'GET /ready': { tag: 'Service', summary: 'Whether it can serve', answers: { 200: readiness, 503: readiness }, session: 'none' }
}
