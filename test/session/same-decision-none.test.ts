import { sameDecisions } from './same-decision.js'

sameDecisions({ antiCsrf: 'NONE', tokenTransferMethod: 'any' })
