import { mock } from 'node:test'
import t, { type Test } from 'tap'
import { createCircuit, isGatewayFailure, isNetworkFailure, isPaused, logged, PAUSE_SECONDS } from '../../src/outage/circuit.js'

const OUTAGE = Object.assign(new Error('gone'), { code: 'ECONNREFUSED' })

function build (t: Test) {
  // A wall clock that stands still, and is set back at the end of each test: it does not matter.
  mock.timers.enable({ apis: ['Date'], now: 1e12 })
  t.teardown(() => { mock.timers.reset() })
  let elapsed = 0
  const lines: string[] = []
  const write = (level: string) => (line: string) => { lines.push(`${level} ${line}`) }
  const circuit = createCircuit({ ...logged({ warn: write('warn'), info: write('info') } as never, 'the Core'), isOutage: isNetworkFailure, elapsed: () => elapsed })
  let calls = 0
  const call = async (outcome: Error | 'ok') => await circuit.run(async () => {
    calls++
    if (outcome !== 'ok') throw outcome
    return outcome
  }).catch((err: unknown) => err)
  return { call, lines, calls: () => calls, pass: (seconds: number) => { elapsed += seconds * 1000 } }
}

t.test('after five failures in a row nobody is asked any more, and every caller knows at once', async (t) => {
  const { call, calls, lines } = build(t)
  for (let i = 0; i < 5; i++) t.equal(await call(OUTAGE), OUTAGE)
  t.ok(isPaused(await call('ok')))
  t.ok(isPaused(await call('ok')))
  t.equal(calls(), 5)
  t.strictSame(lines, [`warn the Core does not answer; asked again every ${PAUSE_SECONDS} s`])
})

t.test('one success in between shows that it lives', async (t) => {
  const { call, calls } = build(t)
  for (let i = 0; i < 4; i++) await call(OUTAGE)
  await call('ok')
  for (let i = 0; i < 4; i++) await call(OUTAGE)
  t.equal(await call('ok'), 'ok')
  t.equal(calls(), 10)
})

t.test('single calls find out when it is back; the log says both once', async (t) => {
  const { call, calls, lines, pass } = build(t)
  for (let i = 0; i < 5; i++) await call(OUTAGE)
  for (let i = 0; i < 3; i++) {
    pass(PAUSE_SECONDS)
    t.equal(await call(OUTAGE), OUTAGE, 'tried')
    t.ok(isPaused(await call('ok')), 'and paused again')
  }
  t.equal(calls(), 8)
  pass(PAUSE_SECONDS)
  t.equal(await call('ok'), 'ok')
  t.equal(await call('ok'), 'ok')
  t.strictSame(lines, [`warn the Core does not answer; asked again every ${PAUSE_SECONDS} s`, 'info the Core answers again'])
})

t.test('whoever comes while one call finds out waits for what it finds', async (t) => {
  const { call, calls, pass } = build(t)
  for (let i = 0; i < 5; i++) await call(OUTAGE)
  pass(PAUSE_SECONDS)
  t.strictSame(await Promise.all(Array.from({ length: 10 }, () => call('ok'))), Array(10).fill('ok'))
  t.equal(calls(), 15)
})

t.test('what a client can bring about is no outage', async (t) => {
  const { call, calls } = build(t)
  for (let i = 0; i < 20; i++) await call(new Error('the number is not valid'))
  t.equal(await call('ok'), 'ok')
  t.equal(calls(), 21)
})

t.test('failures of the network are told from others', async (t) => {
  t.ok(isNetworkFailure(new TypeError('fetch failed', { cause: OUTAGE })))
  t.ok(isNetworkFailure(Object.assign(new Error('x'), { code: 'ESOCKET' })))
  t.ok(isNetworkFailure(new DOMException('late', 'TimeoutError')))
  t.ok(isNetworkFailure(new Error('x', { cause: Object.assign(new Error('y'), { code: 'UND_ERR_HEADERS_TIMEOUT' }) })))
  t.notOk(isNetworkFailure(new TypeError('x is not a function')))
  t.notOk(isNetworkFailure(Object.assign(new Error('refused'), { code: 'EENVELOPE' })))
  t.notOk(isNetworkFailure('ECONNREFUSED'))
  t.notOk(isNetworkFailure(undefined))
  t.strictSame([200, 400, 429, 500, 501, 502, 503, 504, 505].filter(isGatewayFailure), [502, 503, 504])
})
