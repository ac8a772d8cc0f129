import { EVERY_DIFFERENCE, sameDecisions } from './same-decision.js'

sameDecisions({ antiCsrf: 'NONE', tokenTransferMethod: 'any' }, { antiCsrf: 'NONE', websiteDomains: ['http://localhost:3001'] }, EVERY_DIFFERENCE)
