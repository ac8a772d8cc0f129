import type { ServiceOptions } from '../../src/app.js'

/** Options with which every operation is served. */
export const EVERYTHING: ServiceOptions = {
  appInfo: { websiteDomains: ['http://localhost:3000', 'http://localhost:3001'] },
  secondFactors: ['sms', 'totp', 'email', 'passkey'],
  factorKeys: ['k'.repeat(32)],
  oneMailboxForBothFactors: true,
  passkeySignIn: true,
  knownBrowsers: true,
  serviceClients: [{ id: 'orders', secrets: ['0123456789abcdef0123456789abcdef'] }],
  admin: { keys: [{ name: 'ops', role: 'admin', secrets: ['0123456789abcdef0123456789abcdef-ops'] }], page: true },
  forwardAuth: { origins: ['http://localhost:4000'], proxySecret: 's'.repeat(32) },
  accountRecovery: true,
  smsReceipts: true,
  limits: { signIn: false, signUps: false, mails: false, sends: { cooldown: 0, perTenMinutes: 100, perDay: 100, unansweredPerNetwork: 1000, unansweredPerRange: 1000, unansweredPerMillion: 1000, unansweredPerCountry: 1000 } },
  emailVerification: 'optional',
  hostedPages: true,
  thirdPartyProviders: [
    { config: { thirdPartyId: 'acme', clients: [{ clientId: 'shop', clientSecret: 'secret' }], authorizationEndpoint: 'http://localhost:9/a', tokenEndpoint: 'http://localhost:9/t', userInfoEndpoint: 'http://localhost:9/u' } }
  ]
}
