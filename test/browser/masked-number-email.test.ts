import { testMaskedNumber } from './harness/masked-number.js'

await testMaskedNumber('email-password')
