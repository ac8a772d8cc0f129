import type { Operations } from '../operation.js'
import { exactly, text } from '../schemas.js'

const readiness = exactly({ status: { enum: ['ok', 'unavailable', 'leaving'] }, core: { enum: ['reachable', 'unreachable'] } }, { redis: { enum: ['reachable', 'unreachable'] } })

export const SERVICE: Operations = {
  'GET /': {
    tag: 'Service',
    summary: 'Says what this is, or leads to the hosted pages',
    answers: { 200: exactly({ service: text, endpoints: text, health: text }), 302: 'On to the pages' },
    session: 'none'
  },
  'GET /health': { tag: 'Service', summary: 'Whether the process is alive', answers: { 200: exactly({ status: text }) }, session: 'none' },
  'GET /ready': { tag: 'Service', summary: 'Whether it can serve', answers: { 200: readiness, 503: readiness }, session: 'none' }
}
