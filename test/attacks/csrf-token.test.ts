import t from 'tap'
import { runCsrfSuite } from './suite/csrf.js'

// In this mode `rid` is no proof, and the token is in a header that no other site can read.
runCsrfSuite(t, { options: { antiCsrf: 'VIA_TOKEN' }, origin: 'http://localhost:3001', forged: { rid: 'anti-csrf' }, refuseRefresh: false })
