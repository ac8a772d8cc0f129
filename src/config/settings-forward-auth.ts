import { SHORTEST_SECRET } from '../forward-auth/options.js'
import { address, hostedRedirects, path, proxyAddresses } from './kinds-web.js'
import { list, matching } from './kinds.js'
import type { Setting } from './setting.js'

/** Settings of what decides for a proxy. */
export const forwardAuthSettings = {
  FORWARD_AUTH_ORIGINS: {
    group: 'Forward-auth',
    kind: hostedRedirects(),
    example: 'https://shop.example.com,https://*.apps.example.com',
    description: 'Origins of the services behind a proxy that asks this one whether a request may pass. Without it, no proxy is answered.',
    mistakenFor: ['FORWARD_AUTH', 'FORWARD_AUTH_HOSTS']
  },
  FORWARD_AUTH_PROXY_SECRET: {
    group: 'Forward-auth',
    kind: list(matching(new RegExp(`^[\\x21-\\x2b\\x2d-\\x7e]{${SHORTEST_SECRET},}$`), `a text of ${SHORTEST_SECRET} or more visible ASCII characters`)),
    secret: true,
    example: '…',
    description: 'What the proxy sends as `X-Forward-Auth-Secret`. To rotate it, set `new,old`. It or `FORWARD_AUTH_PROXIES` is needed.'
  },
  FORWARD_AUTH_PROXIES: {
    group: 'Forward-auth',
    kind: proxyAddresses(),
    defaultInWords: 'any address, with the secret',
    example: '10.0.0.0/8',
    description: 'Addresses from which the proxies connect.'
  },
  FORWARD_AUTH_PATH: { group: 'Forward-auth', kind: path({ root: false }), default: '/verify', description: 'Path of what the proxies ask.' },
  FORWARD_AUTH_SIGN_IN_PAGE: {
    group: 'Forward-auth',
    kind: address(),
    defaultInWords: 'the hosted pages, or `WEBSITE_BASE_PATH` of the first website',
    example: 'https://example.com/auth',
    description: 'Page to which browsers are sent to sign in. The address that they wanted is added as `redirect`.'
  }
} satisfies Record<string, Setting>
