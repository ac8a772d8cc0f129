import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import t from 'tap'
import { parse } from 'yaml'
import { pathTo } from '../root.js'

const read = (path: string): string => readFileSync(pathTo(path), 'utf8')

interface Workflow {
  permissions: Record<string, string>
  jobs: Record<string, { 'timeout-minutes'?: number, permissions?: Record<string, string>, strategy?: { matrix: { node: (string | number)[] } }, steps: { uses?: string, run?: string, with?: Record<string, unknown> }[] }>
}

interface Component {
  name: string
  purl: string
  components?: Component[]
}

/** A package, and those in its own node_modules. */
const withOwn = (component: Component): Component[] => [component, ...(component.components ?? []).flatMap(withOwn)]

const workflow = (name: string): Workflow => parse(read(`.github/workflows/${name}.yml`)) as Workflow

t.test('the bill of materials lists what is installed with the service, and nothing for development', async (t) => {
  const { components: top } = JSON.parse(execFileSync(pathTo('test/deploy/node_modules/.bin/cyclonedx-npm'), ['--package-lock-only', '--omit', 'dev'], { cwd: pathTo('.'), encoding: 'utf8', maxBuffer: 2 ** 25 })) as { components: Component[] }
  const components = top.flatMap(withOwn)
  const { packages } = JSON.parse(read('package-lock.json')) as { packages: Record<string, { version?: string, dev?: boolean, devOptional?: boolean }> }
  const listed = new Set(components.map(({ purl }) => purl.replace(/\?.*$/, '').replace('%40', '@').replace('pkg:npm/', '')))
  const needed = Object.entries(packages).filter(([path, { dev, devOptional }]) => path.startsWith('node_modules/') && dev !== true && devOptional !== true)
  t.ok(needed.length > 100)
  for (const [path, { version }] of needed) {
    const name = path.replace(/^.*node_modules\//, '')
    if (version !== undefined) t.ok(listed.has(`${name}@${version}`), `${name}@${version}`)
  }
  t.notOk(components.some(({ name }) => ['tap', 'eslint', 'typescript', 'playwright-core'].includes(name)))
})

t.test('workflows run the README\'s commands on every supported Node, with no right that they do not need', async (t) => {
  const { engines } = JSON.parse(read('package.json')) as { engines: { node: string } }
  const { permissions, jobs } = workflow('ci')
  t.strictSame(permissions, { contents: 'read' })
  const { strategy, steps } = jobs['test']!
  t.strictSame(strategy?.matrix.node, [`${engines.node.replace('>=', '')}.0`, 22, 24])
  t.strictSame(steps.flatMap(({ run }) => run ?? []), ['npm ci', 'npm test'])
  const release = workflow('release')
  t.strictSame(release.permissions, {})
  t.match(release.jobs['npm']?.permissions, { 'id-token': 'write' })
  t.ok(release.jobs['npm']?.steps.some(({ run }) => run === 'npm publish --provenance --access public'))
  for (const { 'timeout-minutes': minutes, steps } of Object.values({ ...jobs, ...release.jobs })) {
    t.ok(minutes !== undefined)
    for (const { uses, with: options } of steps) if (uses?.startsWith('actions/checkout@')) t.equal(options?.['persist-credentials'], false)
  }
})
