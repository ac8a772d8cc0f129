import { REASON_NAMES } from '../../outage/reasons.js'
import type { Operations } from '../operation.js'
import { exactly, text } from '../schemas.js'

const readiness = (status: string, most: number) => exactly({ status: { const: status }, reasons: { type: 'array', items: { enum: REASON_NAMES }, maxItems: most } })

export const SERVICE: Operations = {
  'GET /': {
    tag: 'Service',
    summary: 'Says what this is, or leads to the hosted pages',
    answers: { 200: exactly({ service: text, endpoints: text, health: text }), 302: 'On to the pages' },
    session: 'none'
  },
  'GET /health': { tag: 'Service', summary: 'Whether the process is alive', answers: { 200: exactly({ status: text }) }, session: 'none' },
  'GET /ready': { tag: 'Service', summary: 'Whether it can serve', answers: { 200: readiness('ok', 0), 503: readiness('unavailable', REASON_NAMES.length) }, session: 'none' }
}
