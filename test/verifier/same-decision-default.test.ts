import { sameDecisions } from './same-decision.js'

// Websites on the API's site and on another one, and no anti-CSRF mode chosen.
const websiteDomains = ['https://other.example', 'https://www.example.com']
sameDecisions({ appInfo: { apiDomain: 'https://api.example.com', websiteDomains } }, { antiCsrf: 'VIA_CUSTOM_HEADER', websiteDomains })
