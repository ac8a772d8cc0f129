import t from 'tap'
import { isSameNumber, maskPhoneNumber, toE164 } from '../../src/phone/number.js'
import { currentForm, earlierForms } from '../../src/phone/two-ways.js'

t.test('spellings of one number are one number', async (t) => {
  for (const typed of ['+12125550123', '+1 (212) 555-0123', ' +1-212-555-0123 ', '+1.212.555.0123']) {
    t.equal(toE164(typed), '+12125550123', typed)
  }
  t.equal(toE164('212 555 0123', 'US'), '+12125550123')
  t.equal(toE164('030 123456', 'DE'), '+4930123456')
})

t.test('numbers are taken as people paste them', async (t) => {
  const arabic = (text: string) => text.replace(/\d/g, (digit) => String.fromCodePoint(0x660 + Number(digit)))
  const devanagari = (text: string) => text.replace(/\d/g, (digit) => String.fromCodePoint(0x966 + Number(digit)))
  const mathematical = (text: string) => text.replace(/\d/g, (digit) => String.fromCodePoint(0x1D7CE + Number(digit)))
  for (const typed of [
    '\u202a+12125550123\u202c', '\u202a+1 (212) 555-0123\u202c', '\u2066+1\u00a0212\u00a0555\u00a00123\u2069', '+1\u200b212\u200d555\ufeff0123', '\u200e+1\u00ad212 555\u20110123',
    '\uff0b\uff11\uff12\uff11\uff12\uff15\uff15\uff15\uff10\uff11\uff12\uff13', '+\uff11\u3000(212) 555\uff0d0123', arabic('+12125550123'), `\u200f${arabic('0012125550123')}`, devanagari('+1 212 555 0123'), mathematical('+1 212 555 0123'),
    'tel:+1-212-555-0123', 'TEL:+12125550123', 'tel:+1%20212%20555%200123', 'tel:2125550123;phone-context=+1', 'sms:+12125550123', 'callto://+12125550123',
    '0012125550123', '00 1 212 555 0123', '+0012125550123', '+00 1 (212) 555 0123', '(+1) 212 555 0123', '(001) 212 555 0123', '+(1) 212 555 0123', '+1 212\t555\n0123'
  ]) {
    t.equal(toE164(typed), '+12125550123', JSON.stringify(typed))
    t.equal(toE164(typed, 'US'), '+12125550123', `${JSON.stringify(typed)} in the US`)
    t.equal(toE164(typed, 'DE'), '+12125550123', `${JSON.stringify(typed)} in Germany`)
  }
  t.equal(toE164('\u202a0151\u00a023456789', 'DE'), '+4915123456789')
  t.equal(toE164('011 44 7911 123456', 'US'), '+447911123456', 'the prefix for international calls of the country')
  t.equal(toE164('0031 6 12345678', 'BR'), '+31612345678', 'even where 00 31 is a carrier')
  t.equal(toE164('+44 (0) 7911 123456'), '+447911123456')
})

t.test('a range that nobody knows yet is a number with + or 00, and not without', async (t) => {
  for (const typed of ['+1 565 555 0123', '001 565 555 0123', '+1 (565) 555-0123']) t.equal(toE164(typed, 'US'), '+15655550123', typed)
  for (const typed of ['565 555 0123', '(565) 555-0123', '1 565 555 0123']) t.equal(toE164(typed, 'US'), undefined, typed)
  t.equal(toE164('+49 199 1234567'), '+491991234567')
  for (const typed of ['+1 000 000 0000', '+1 112 555 0123', '+1 565 055 0123', '+1 565 555 012', '+49 1234', '+999 12345678', '+0', '00', '0000000000', '+00 00 212']) t.equal(toE164(typed, 'US'), undefined, typed)
})

t.test('where a country writes its mobiles in two ways, they are one number', async (t) => {
  const same: Record<string, string[]> = {
    '+525512345678': ['+52 55 1234 5678', '+52 1 55 1234 5678', '+5215512345678', '+52 044 55 1234 5678', '+52 01 55 1234 5678', '0052 1 55 1234 5678'],
    '+5511987654321': ['+55 11 98765 4321', '+55 11 8765 4321', '+55 (0) 11 98765 4321', '+55 0 21 11 98765 4321'],
    '+5491123456789': ['+54 9 11 2345 6789', '+54 11 15 2345 6789', '+54 9 11 15 2345 6789', '+54 (011) 15 2345 6789'],
    '+2290197123456': ['+229 01 97 12 34 56', '+229 97 12 34 56'],
    '+24106123456': ['+241 06 12 34 56', '+241 6 12 34 56']
  }
  for (const [number, spellings] of Object.entries(same)) for (const typed of spellings) t.equal(toE164(typed), number, typed)
  t.equal(toE164('011 15 2345 6789', 'AR'), '+5491123456789')
  t.equal(toE164('044 55 1234 5678', 'MX'), '+525512345678')
  t.equal(toE164('1 55 1234 5678', 'MX'), '+525512345678')
  t.equal(toE164('11 8765 4321', 'BR'), '+5511987654321')

  t.equal(toE164('+54 11 2345 6789'), '+541123456789', 'may be a landline: nothing tells')
  t.equal(toE164('+55 11 7765 4321'), '+551177654321', 'may be a trunked radio: nothing tells')
  t.equal(toE164('+55 11 3765 4321'), '+551137654321', 'a landline')
})

t.test('a number that is normalised stays as it is', async (t) => {
  for (const number of ['+12125550123', '+15655550123', '+525512345678', '+5511987654321', '+5491123456789', '+2290197123456', '+24106123456', '+390612345678', '+2250707123456']) {
    t.equal(toE164(number), number)
    for (const earlier of earlierForms(number)) {
      t.equal(currentForm(earlier), number, earlier)
      t.ok(isSameNumber(earlier, number))
    }
  }
  t.same(earlierForms('+12125550123'), [])
  t.notOk(isSameNumber('+12125550123', '+12125550124'))
  t.notOk(isSameNumber('x', 'y'), 'what is no number is compared as it is')
})

t.test('what is no number, or more than one, is none', async (t) => {
  for (const typed of [
    '', ' ', '212 555 0123', '+1', '+1 000 000 0000', 'call +12125550123 now', '+12125550123,+12125550124', '+12125550123 +12125550124', 'a@example.com', '+'.repeat(300), '1'.repeat(10_000), '\ufdfa'.repeat(100),
    '+12125550123 ext. 5', '+12125550123x5', '+12125550123#5', '+12125550123;ext=5', 'tel:+12125550123;ext=5', '+12125550123,,5', '\uff0b12125550123 \uff58 5', 'mailto:+12125550123', '+1 800 FLOWERS', '+1212555\u00000123', '%2B12125550123', '++12125550123'
  ]) {
    t.equal(toE164(typed), undefined, JSON.stringify(typed.slice(0, 40)))
  }
})

t.test('a masked number tells country and ending only', async (t) => {
  t.equal(maskPhoneNumber('+12125550123'), '+1••••••••23')
})
