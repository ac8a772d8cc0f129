import { sameDecisions } from './same-decision.js'

sameDecisions(
  { antiCsrf: 'VIA_CUSTOM_HEADER', tokenTransferMethod: 'cookie', secondFactorEnforcement: 'route' },
  { antiCsrf: 'VIA_CUSTOM_HEADER', tokenTransferMethod: 'cookie', websiteDomains: ['http://localhost:3001'] }
)
