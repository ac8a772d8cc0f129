import t from 'tap'
import { runCsrfSuite } from './suite/csrf.js'

runCsrfSuite(t, { options: { antiCsrf: 'VIA_CUSTOM_HEADER' }, origin: 'http://localhost:3001', refuseRefresh: true })
