import t from 'tap'
import { maskPhoneNumber, toE164 } from '../../src/phone/number.js'

t.test('spellings of one number are one number', async (t) => {
  for (const typed of ['+12125550123', '+1 (212) 555-0123', ' +1-212-555-0123 ', '+1.212.555.0123']) {
    t.equal(toE164(typed), '+12125550123', typed)
  }
  t.equal(toE164('212 555 0123', 'US'), '+12125550123')
  t.equal(toE164('030 123456', 'DE'), '+4930123456')
})

t.test('what is no number, or more than one, is none', async (t) => {
  for (const typed of ['', ' ', '212 555 0123', '+1', '+1 000 000 0000', 'call +12125550123 now', '+12125550123 ext. 5', '+12125550123,+12125550124', 'a@example.com', '+'.repeat(300), '1'.repeat(10_000)]) {
    t.equal(toE164(typed), undefined, typed.slice(0, 40))
  }
})

t.test('a masked number tells country and ending only', async (t) => {
  t.equal(maskPhoneNumber('+12125550123'), '+1••••••••23')
})
