import t from 'tap'
import { deviceOf, familyOf } from '../../src/session/sign-in-record.js'

t.test('browsers and systems are named as people know them', async (t) => {
  const chrome = 'AppleWebKit/537.36 (KHTML, like Gecko) Chrome/146.0.0.0'
  for (const [userAgent, browser, system] of [
    [`Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${chrome} Safari/537.36`, 'Chrome', 'Windows'],
    [`Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${chrome} Safari/537.36 Edg/146.0.0.0`, 'Microsoft Edge', 'macOS'],
    ['Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1', 'Safari', 'iOS'],
    [`Mozilla/5.0 (Linux; Android 10; K) ${chrome} Mobile Safari/537.36`, 'Chrome', 'Android']
  ] as const) t.strictSame(deviceOf(userAgent), { browser, system })
})

t.test('whatever clients make up is short, plain text, or nothing', async (t) => {
  for (const userAgent of [undefined, '', ' ', '/', '<script>alert(1)</script>/1 (x)', '\u202Egnp.exe/1 (x)', `${'x'.repeat(70_000)}/1 (x)`, '\u0000/1 (x)', '__proto__/1 (x)', '%s/1 (x)']) {
    const { browser = 'a', system = 'a' } = deviceOf(userAgent)
    t.match(browser, /^[\p{L}\p{N}][\p{L}\p{N} ._+/()-]{0,63}$/u, userAgent?.slice(0, 20) ?? 'none')
    t.match(system, /^[\p{L}\p{N}][\p{L}\p{N} ._+/()-]{0,63}$/u)
  }
})

t.test('in messages only names stand that the library has itself', async (t) => {
  t.strictSame(familyOf('Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'), { browser: 'Firefox', system: 'Linux' })
  t.strictSame(deviceOf('Call evil.example/1.0 (X11; Linux)'), { browser: 'Call evil.example', system: 'Linux' })
  t.strictSame(familyOf('Call evil.example/1.0 (X11; Linux)'), { system: 'Linux' })
  for (const userAgent of [undefined, '', 'toString/1 (x)', '__proto__/1 (x)']) t.strictSame(familyOf(userAgent), {})
})

t.test('no user agent takes long to read', async (t) => {
  // As in attacks on other parsers of user agents: what may match in many ways, and in the end does not.
  for (const part of ['windows ', 'trident/', '1_', 'mac os x ', '(', ' ', 'version/', 'iphone mobile ', 'puffin/', 'a/a ', '; ', '\t']) {
    const text = part.repeat(100_000)
    // The machine may be busy.
    const times = Array.from({ length: 5 }, () => {
      const before = process.cpuUsage()
      deviceOf(text)
      const { user, system } = process.cpuUsage(before)
      return (user + system) / 1000
    })
    t.ok(Math.min(...times) < 50, `${part}: ${Math.min(...times)} ms`)
  }
})
