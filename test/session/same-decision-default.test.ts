import { sameDecisions } from './same-decision.js'

// Which anti-CSRF check the SDK makes depends on the website that asks: one of these is on the API's site, the other is not.
sameDecisions({ appInfo: { apiDomain: 'https://api.example.com', websiteDomains: ['https://other.example', 'https://www.example.com'] } })
