import t from 'tap'
import { runAttackSuite } from './suite/index.js'

// The same attacks where the second factor is an authenticator app, with recovery codes. What is its own is in totp.test.ts.
runAttackSuite(t, { secondFactors: ['totp'], factorKeys: ['a key of the attack suite, no other'] })
