import { sameDecisions } from './same-decision.js'

sameDecisions({ antiCsrf: 'VIA_TOKEN', tokenTransferMethod: 'any' }, { antiCsrf: 'VIA_TOKEN', websiteDomains: ['http://localhost:3001'] })
