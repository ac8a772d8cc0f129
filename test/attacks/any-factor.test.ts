import t from 'tap'
import { createWordFactor } from '../second-factor/word-factor.js'
import { runAttackSuite } from './suite/index.js'

// A factor that compares a word and knows nothing else: what keeps these attacks out is the code that all factors share.
runAttackSuite(t, { secondFactors: [createWordFactor()] })
