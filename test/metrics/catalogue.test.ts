import { readFileSync } from 'node:fs'
import t from 'tap'
import { CATALOGUE, PREFIX, type Definition } from '../../src/metrics/catalogue.js'
import { operationAt } from '../../src/metrics/core-operations.js'
import { signInWithSecondFactor } from '../../src/testing/index.js'
import { build } from '../helper.js'
import { pathTo } from '../root.js'
import { expressionsIn, metricsIn } from './files.js'

const read = (file: string): string => readFileSync(pathTo(file), 'utf8')
const docs = read('docs/metrics.md')
const alerts = read('deploy/prometheus/alerts.yml')
const dashboard = read('deploy/grafana/fastify-2fa.json')

t.test('docs/metrics.md has a row for each metric', async (t) => {
  const rows = Object.entries<Definition>(CATALOGUE).map(([name, { type, labels, help }]) => `| \`${name}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(', ')} | ${help} |`)
  const [, table = ''] = /<!-- metrics[^>]*-->\n\n([^]*?)\n\n<!-- \/metrics -->/.exec(docs) ?? []
  t.strictSame(table.split('\n').slice(2), rows)
})

t.test('every metric that the dashboard, the alerts and their tests name is exported', async (t) => {
  const app = await build(t, { metrics: { routes: 'all' } })
  await signInWithSecondFactor(app)
  const { body } = await app.inject('/metrics')
  const exported = new Set([...body.matchAll(/^# TYPE (\S+) (\S+)$/gm)].flatMap(([, name, type]) => type === 'histogram' ? ['bucket', 'sum', 'count'].map((end) => `${name}_${end}`) : [name!]))
  for (const text of [alerts, read('deploy/prometheus/alerts.test.yml'), ...expressionsIn(dashboard), dashboard]) {
    t.strictSame([...metricsIn(text)].filter((name) => !exported.has(name)), [])
  }
  t.strictSame(Object.keys(CATALOGUE).filter((name) => !body.includes(`# TYPE ${PREFIX}${name} `)), [])
})

t.test('labels of queries are those of their metrics', async (t) => {
  const ofMetric = (name: string): readonly string[] => [
    'instance', 'le', ...Object.entries<Definition>(CATALOGUE).find(([known]) => name.replace(/_(bucket|sum|count)$/, '') === PREFIX + known)?.[1].labels ?? []
  ]
  const queries = [...alerts.matchAll(/expr: (?:>-\n)?([^]*?)\n {8}(?:for|labels):/g)].map(([, expr]) => expr!)
  t.ok(queries.length > 15)
  const wrong = [...queries, ...expressionsIn(dashboard)].flatMap((query) => [...query.matchAll(/(fastify_2fa_\w+)\{([^}]*)\}/g)].flatMap(([, name = '', selectors = '']) =>
    [...selectors.matchAll(/(\w+)(?:=|!)/g)].map(([, label = '']) => label).filter((label) => !ofMetric(name).includes(label)).map((label) => `${name}: ${label}`)))
  t.strictSame(wrong, [])
})

t.test('docs/metrics.md says what to do for each alert', async (t) => {
  const names = [...alerts.matchAll(/- alert: (\w+)/g)].map(([, name]) => name!)
  t.strictSame([...docs.matchAll(/^### (Fastify2fa\w+)$/gm)].map(([, name]) => name), names)
  t.strictSame([...alerts.matchAll(/runbook: docs\/metrics\.md#(\w+)/g)].map(([, anchor]) => anchor), names.map((name) => name.toLowerCase()))
  const tests = read('deploy/prometheus/alerts.test.yml')
  t.strictSame(names.filter((name) => !tests.includes(`"${name}"`)), [], 'each fires in a test')
})

t.test('the dashboard can be imported anywhere', async (t) => {
  const { panels, templating } = JSON.parse(dashboard) as { panels: { id: number, type: string, title: string, datasource?: { uid: string } }[], templating: { list: { name: string, type: string }[] } }
  t.strictSame(templating.list.map(({ name, type }) => [name, type]), [['datasource', 'datasource'], ['instance', 'query']])
  t.strictSame(panels.filter(({ type, datasource }) => type !== 'row' && datasource?.uid !== '${datasource}'), []) // eslint-disable-line no-template-curly-in-string
  t.equal(new Set(panels.map(({ id }) => id)).size, panels.length)
  t.strictSame(panels.filter(({ type }) => type === 'row').map(({ title }) => title), ['Sign-ins', 'Second factor', 'Messages and cost', 'Limits and attacks', 'Core', 'Guard', 'Process'])
})

t.test('calls to the Core are named by their pattern', async (t) => {
  const at = 'https://core.example.com:3567/base'
  for (const [method, path, operation] of [
    ['POST', '/public/recipe/signin', 'POST /recipe/signin'],
    ['POST', '/appid-shop/tenant-7/recipe/signin?x=1', 'POST /recipe/signin'],
    ['GET', '/recipe/user/metadata?userId=secret', 'GET /recipe/user/metadata'],
    ['GET', '/.well-known/jwks.json', 'GET /.well-known/jwks.json'],
    ['GET', '/hello', 'GET /hello'],
    ['GET', '/a/path/of/nobody', 'other'],
    ['PURGE', '/recipe/session', 'other'],
    ['GET', '', 'other']
  ]) t.equal(operationAt(method!, at + path), operation)
})
