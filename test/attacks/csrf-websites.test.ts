import t from 'tap'
import { runCsrfSuite } from './suite/csrf.js'

// The first website is of the API's own site, where SameSite=Lax is enough. The second is not: its users' cookies are SameSite=None.
runCsrfSuite(t, {
  options: { appInfo: { apiDomain: 'https://api.example.com', websiteDomains: ['https://app.example.com', 'https://shop.example.net'] } },
  origin: 'https://shop.example.net',
  refuseRefresh: true
})
