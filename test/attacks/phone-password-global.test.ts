import t from 'tap'
import { runAttackSuite } from './suite/index.js'

runAttackSuite(t, { firstFactor: 'phone-password', secondFactorEnforcement: 'global' })
