import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import { signIn, signInWithSecondFactor } from '../../src/testing/index.js'
import { build } from '../helper.js'
import { expressionsIn } from '../metrics/files.js'
import { pathTo } from '../root.js'

/** Runs Prometheus' own check, which fails for whatever it would rather not have as well. */
function promtool (t: Test, args: string[], input?: string): void {
  const { status, stdout, stderr, error } = spawnSync('promtool', args, { encoding: 'utf8', ...(input !== undefined && { input }) })
  if (error !== undefined) t.fail('promtool is not there. Debian: apt-get install prometheus')
  else t.equal(status, 0, `${stdout}${stderr}`)
}

t.test('the alerts are valid, fire when they should, and only then', async (t) => {
  promtool(t, ['check', 'rules', pathTo('deploy/prometheus/alerts.yml')])
  promtool(t, ['test', 'rules', pathTo('deploy/prometheus/alerts.test.yml')])
})

t.test('Prometheus understands every query of the dashboard', async (t) => {
  const expressions = expressionsIn(readFileSync(pathTo('deploy/grafana/fastify-2fa.json'), 'utf8'))
  t.ok(expressions.length > 40)
  const rules = expressions.map((expr, i) => ({ record: `query:${i}`, expr: expr.replaceAll('$__rate_interval', '5m') }))
  // YAML takes JSON.
  const folder = t.testdir({ 'dashboard.yml': JSON.stringify({ groups: [{ name: 'dashboard', rules }] }) })
  promtool(t, ['check', 'rules', `${folder}/dashboard.yml`])
})

t.test('Prometheus finds nothing wrong with what is exported', async (t) => {
  const app = await build(t, { metrics: { routes: 'all' } })
  const user = await signInWithSecondFactor(app)
  await signIn(app, user)
  await user.session.inject('/me')
  await app.inject('/me')
  promtool(t, ['check', 'metrics'], (await app.inject('/metrics')).body)
})
