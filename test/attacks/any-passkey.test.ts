import t from 'tap'
import { runAttackSuite } from './suite/index.js'

// Recovery codes have the suite of authenticator-app.test.ts.
runAttackSuite(t, { secondFactors: ['passkey'], recoveryCodes: false, passkeySignIn: true, factorKeys: ['a key of the attack suite, no other'] })
