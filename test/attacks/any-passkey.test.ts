import t from 'tap'
import { runAttackSuite } from './suite/index.js'

// The same attacks where the second factor is a passkey, with recovery codes. What is its own is in passkey.test.ts.
runAttackSuite(t, { secondFactors: ['passkey'], passkeySignIn: true, factorKeys: ['a key of the attack suite, no other'] })
