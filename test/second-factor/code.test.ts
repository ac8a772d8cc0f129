import t from 'tap'
import { readCode, shapeOf } from '../../src/second-factor/passwordless/code.js'

const SHAPE = shapeOf('397307')
const digitsFrom = (zero: number) => [...'397307'].map((digit) => String.fromCodePoint(zero + Number(digit))).join('')

t.test('a code is read as people type and paste it', async (t) => {
  const spellings = [
    '397307', ' 397307\n', '397 307', '397-307', '397\u2011307', '397\u2013307', '397.307', '3 9 7 3 0 7', '397\u00a0307', '397\u202f307', '397\u3000307', '"397307"', '(397307).', '#397307', '+397307',
    ...['\u200b', '\u200c', '\u200d', '\u200e', '\u200f', '\u202a', '\u202b', '\u202c', '\u202d', '\u202e', '\u2060', '\u2066', '\u2067', '\u2068', '\u2069', '\ufeff', '\u00ad', '\u061c'].flatMap((mark) => [`${mark}397307${mark}`, `397${mark}307`]),
    ...[0x660, 0x6F0, 0x966, 0x9E6, 0xE50, 0xFF10, 0x1D7CE, 0x1D7EC, 0x11066].map(digitsFrom), '3\ufe0f\u20e397307',
    'code: 397307', 'Code:397307', 'G-397307', 'fastify-2fa: 397307 is your code. It works for 5 min. Never share it.\n\n@localhost #397307', 'Shop: Ihr Code ist 397 307.', '397307\n397307',
    // Scripts that put no space around numbers.
    '验证码397307，5分钟内有效', '397307です', '인증번호397307입니다'
  ]
  for (const typed of spellings) t.equal(readCode(typed, SHAPE), '397307', JSON.stringify(typed))
})

t.test('what holds no code, or two, is none', async (t) => {
  for (const typed of ['', ' ', '\u200b', '39730', '3973070', 'x397307', '397307x', '397307 and 397308', 'wrong', '1 OR 1=1', '%', '\u{1f511}', 'three nine seven', '\ud800', '½']) {
    t.same(readCode(typed, SHAPE), { message: 'Please enter the 6 digits of the code.' }, JSON.stringify(typed))
  }
})

t.test('codes of an app\'s own, and of challenges from before, are left as they are', async (t) => {
  t.equal(readCode(' AB-12 ', shapeOf('AB-12')), ' AB-12 ')
  t.equal(readCode('397 307', undefined), '397 307')
  t.equal(readCode('12 34', shapeOf('1234')), '1234')
})
