import { sameDecisions } from './same-decision.js'

// Nothing configured: the SDK asks for its anti-CSRF function's opinion with every request.
sameDecisions({})
