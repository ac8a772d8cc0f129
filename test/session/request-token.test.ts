import t from 'tap'
import { antiCsrfHeader } from '../../src/session/request-token.js'

// Where tokens are found is held against the SDK in same-decision.ts.
t.test('of several anti-CSRF headers the first counts, as with the SDK', async (t) => {
  t.equal(antiCsrfHeader({ 'anti-csrf': 'a' }), 'a')
  t.equal(antiCsrfHeader({ 'anti-csrf': ['a', 'b'] }), 'a')
  t.equal(antiCsrfHeader({}), undefined)
})
