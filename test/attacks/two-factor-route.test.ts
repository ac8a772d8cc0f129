import t from 'tap'
import { runAttackSuite } from './suite/index.js'

runAttackSuite(t, { firstFactor: 'email-password', secondFactorEnforcement: 'route', knownBrowsers: true, serviceClients: [{ id: 'orders', secrets: ['a secret of the attack suite, no other'.replaceAll(' ', '-')] }] })
