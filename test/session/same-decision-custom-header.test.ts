import { sameDecisions } from './same-decision.js'

sameDecisions({ antiCsrf: 'VIA_CUSTOM_HEADER', tokenTransferMethod: 'cookie', secondFactorEnforcement: 'route' })
