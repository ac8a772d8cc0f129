import { sameDecisions } from './same-decision.js'

// Another recipe's claim beside ours.
sameDecisions({ antiCsrf: 'NONE', tokenTransferMethod: 'header', emailVerification: 'required' }, { tokenTransferMethod: 'header', emailVerified: true })
