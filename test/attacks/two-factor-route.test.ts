import t from 'tap'
import { runAttackSuite } from './suite/index.js'

runAttackSuite(t, { firstFactor: 'email-password', secondFactorEnforcement: 'route', knownBrowsers: true })
