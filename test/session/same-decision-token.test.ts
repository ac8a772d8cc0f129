import { sameDecisions } from './same-decision.js'

sameDecisions({ antiCsrf: 'VIA_TOKEN', tokenTransferMethod: 'any' })
