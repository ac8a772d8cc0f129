import { sameDecisions } from './same-decision.js'

// Nothing configured: cookies are SameSite=Lax.
sameDecisions({}, { antiCsrf: 'SAME_SITE', websiteDomains: ['http://localhost:3001'] })
