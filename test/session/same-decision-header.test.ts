import { sameDecisions } from './same-decision.js'

// A second global validator, of another recipe's: the claims are never ours alone to read.
sameDecisions({ antiCsrf: 'NONE', tokenTransferMethod: 'header', emailVerification: 'required' })
