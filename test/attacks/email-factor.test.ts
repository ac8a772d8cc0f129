import t from 'tap'
import { runAttackSuite } from './suite/index.js'

// With both ways to enter what the mail brings, and passwords that can be reset by mail: as much as there is to attack.
runAttackSuite(t, { secondFactors: ['email'], emailFactorFlow: 'both', oneMailboxForBothFactors: true })
