import t from 'tap'
import { runAttackSuite } from './suite/index.js'

runAttackSuite(t, { secondFactors: ['passkey'] })
