import t from 'tap'
import { createEmbeddedCore, type CoreFetch, type EmbeddedCore } from '../../src/embedded-core/index.js'
import { loadScenarios, newVars, replay, type Stage } from './replay.js'

// It stands still between the steps, so that nothing depends on how fast this machine is.
let time = Date.now()
const now = () => time
const wait = (ms: number) => { time += ms }

// Hashing at full cost is the only thing here that would take time.
const config = { bcrypt_log_rounds: 4 }

// A key of the test's own, because one that is made up needs a port. What is encrypted must not be seen from outside either.
const WAYS = {
  'over HTTP': { port: 0, base: config, sealing: {}, fetchOf: (): CoreFetch => fetch },
  'in this process, with everything encrypted': {
    port: false,
    base: { ...config, api_keys: 'key-of-the-recorded-calls' },
    sealing: { secretKey: 'a secret key of thirty-two characters', encryption: 'all' },
    fetchOf: (core: EmbeddedCore) => core.fetch
  }
} as const

for (const [way, { port, base, sealing, fetchOf }] of Object.entries(WAYS)) {
  const shared = await createEmbeddedCore({ config: base, now, port, ...sealing })
  t.teardown(() => shared.close())

  for (const scenario of loadScenarios()) {
    t.test(`answers like the recorded Core ${way}: ${scenario.name}`, async (t) => {
      const own = scenario.core !== undefined || scenario.freshApp === true
      const core = own ? await createEmbeddedCore({ config: { ...base, ...scenario.core }, now, port, ...sealing }) : shared
      if (own) t.teardown(() => core.close())
      const stage: Stage = { base: core.connectionURI, fetch: fetchOf(core), apiKey: core.apiKey, now, wait }
      const vars = newVars()
      for (const step of scenario.steps) t.strictSame(await replay(step, vars, stage), [], step.name)
    })
  }
}
