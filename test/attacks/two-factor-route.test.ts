import t from 'tap'
import { generateKey } from '../../src/signing-keys/generate.js'
import { runAttackSuite } from './suite/index.js'

runAttackSuite(t, {
  firstFactor: 'email-password',
  secondFactorEnforcement: 'route',
  knownBrowsers: true,
  serviceClients: [{ id: 'orders', secrets: ['a-secret-of-the-attack-suite-and-no-other'] }],
  admin: { keys: [{ name: 'ops', role: 'admin', secrets: ['a-key-of-the-attack-suite-0123456789'] }] },
  signingKeys: { keys: [generateKey()] },
  metrics: { routes: 'all' },
  metricsEndpoint: { key: 'the-key-of-metrics-in-the-attack-suite' }
})
