import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { parse, parseAllDocuments } from 'yaml'
import { names } from '../../src/config/settings.js'
import { pathTo } from '../root.js'

const SECRETS = { 'core-api-key': 'a-key-of-twenty-letters', 'twilio-auth-token': 'token', 'smtp-password': 'password', 'postgresql-uri': 'postgresql://u:p@db:5432/supertokens' }

interface Container {
  name: string
  image: string
  env?: { name: string, value?: string }[]
  securityContext: { readOnlyRootFilesystem?: boolean, allowPrivilegeEscalation: boolean, capabilities: { drop: string[] } }
  resources: { limits: { memory: string } }
  livenessProbe: object
  readinessProbe: object
}

interface Manifest {
  apiVersion: string
  kind: string
  metadata: { name: string, namespace: string }
  data?: Record<string, string>
  spec: {
    selector: { matchLabels: Record<string, string> }
    podSelector: { matchLabels: Record<string, string> }
    scaleTargetRef: { name: string }
    template: { metadata: { labels: Record<string, string> }, spec: { terminationGracePeriodSeconds: number, automountServiceAccountToken: boolean, securityContext?: { runAsNonRoot: boolean }, containers: Container[] } }
  }
}

const folder = mkdtempSync(join(tmpdir(), 'fastify-2fa-kubernetes-'))
t.teardown(() => { rmSync(folder, { recursive: true, force: true }) })
cpSync(pathTo('deploy/kubernetes'), folder, { recursive: true })
mkdirSync(join(folder, 'example/secrets'))
for (const [name, value] of Object.entries(SECRETS)) writeFileSync(join(folder, 'example/secrets', name), value)
const manifests = parseAllDocuments(execFileSync('kubectl', ['kustomize', join(folder, 'example')], { encoding: 'utf8' })).map((document) => document.toJS({ maxAliasCount: -1 }) as Manifest)

const of = (kind: string): Manifest[] => manifests.filter((manifest) => manifest.kind === kind)
const named = (kind: string, name: string): Manifest => of(kind).find(({ metadata }) => metadata.name === name)!
const containers = of('Deployment').flatMap(({ spec }) => spec.template.spec.containers)

t.test('the example is what the API of Kubernetes takes, and has no field that it does not know', async (t) => {
  /** Where kubernetes-types has them. */
  const GROUPS: Record<string, string> = { v1: 'core/v1', 'networking.k8s.io/v1': 'networking/v1' }
  const lines = manifests.map((manifest, at) => {
    const module = GROUPS[manifest.apiVersion] ?? manifest.apiVersion
    return `import type { ${manifest.kind} as Kind${at} } from 'kubernetes-types/${module}.js'\nexport const manifest${at}: Kind${at} = ${JSON.stringify(manifest, null, 2)}\n`
  })
  const typed = join(folder, 'typed')
  mkdirSync(typed)
  writeFileSync(join(typed, 'package.json'), '{ "type": "module" }')
  symlinkSync(pathTo('test/deploy/node_modules'), join(typed, 'node_modules'))
  const check = (code: string): string => {
    writeFileSync(join(typed, 'manifests.ts'), code)
    try {
      return execFileSync(process.execPath, [pathTo('node_modules/typescript-native/bin/tsc'), '--noEmit', '--strict', '--skipLibCheck', '--module', 'preserve', '--types', '', 'manifests.ts'], { cwd: typed, encoding: 'utf8' })
    } catch (err) {
      return String((err as { stdout: unknown }).stdout)
    }
  }
  t.equal(check(lines.join('\n')), '')
  t.match(check(lines.join('\n').replace('"maxUnavailable"', '"maxUnavailabel"')), /maxUnavailabel/, 'a misspelt field is found')
})

t.test('every container is confined: not root where it can be, nothing to write, no capability, a limit of memory', async (t) => {
  t.strictSame(containers.map(({ name }) => name).sort(), ['core', 'redis', 'service'])
  for (const { spec } of of('Deployment')) {
    const { automountServiceAccountToken, securityContext, containers: [container] } = spec.template.spec
    t.equal(automountServiceAccountToken, false)
    const { name, securityContext: own, resources, livenessProbe, readinessProbe } = container!
    t.match(own, { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } }, name)
    t.match(resources.limits.memory, /^\d+[MG]i$/)
    t.ok(livenessProbe !== undefined && readinessProbe !== undefined)
    // Its entry script starts as root and writes beside the program.
    if (name === 'core') continue
    t.equal(own.readOnlyRootFilesystem, true, name)
    t.equal(securityContext?.runAsNonRoot, true, name)
  }
})

t.test('budgets, autoscalers and policies find the pods that they are for', async (t) => {
  const pods = of('Deployment').map(({ spec }) => spec.template.metadata.labels)
  const matches = (labels: Record<string, string>): boolean => pods.some((pod) => Object.entries(labels).every(([name, value]) => pod[name] === value))
  for (const { metadata, spec } of of('PodDisruptionBudget')) t.ok(matches(spec.selector.matchLabels), metadata.name)
  for (const { metadata, spec } of of('NetworkPolicy')) t.ok(matches(spec.podSelector.matchLabels), metadata.name)
  for (const { spec } of of('HorizontalPodAutoscaler')) t.ok(named('Deployment', spec.scaleTargetRef.name))
  for (const { metadata } of of('Deployment')) t.ok(named('NetworkPolicy', metadata.name), `${metadata.name} is not reached by everybody`)
  for (const { metadata } of manifests) t.equal(metadata.namespace, 'auth')
})

t.test('every setting of the example exists, the configuration is complete, and the pod outlives its drain', async (t) => {
  const [{ data = {} } = {}] = of('ConfigMap')
  const { spec } = named('Deployment', 'fastify-2fa').spec.template
  const settings = { ...data, ...Object.fromEntries(spec.containers[0]!.env!.map(({ name, value }) => [name, value ?? ''])) }
  for (const name of Object.keys(settings)) t.ok(names.includes(name.replace(/_FILE$/, '') as typeof names[number]), name)
  for (const [name, value] of Object.entries(settings).filter(([name]) => name.endsWith('_FILE'))) t.ok(Object.hasOwn(SECRETS, value.replace('/secrets/', '')), name)
  const local = Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, value.replace('/secrets/', `${join(folder, 'example/secrets')}/`)]))
  const said = execFileSync(process.execPath, [pathTo('dist/src/cli.js'), 'config', 'check'], { env: { ...local, PATH: process.env.PATH }, cwd: folder, encoding: 'utf8' })
  t.match(said, /core +http:\/\/fastify-2fa-core:3567\n/)
  const seconds = (name: string): number => Number(settings[name]?.replace('s', ''))
  t.ok(spec.terminationGracePeriodSeconds > seconds('SHUTDOWN_DELAY') + seconds('SHUTDOWN_TIMEOUT'))
})

t.test('the versions are those of compose.yaml and of the package', async (t) => {
  const compose = readFileSync(pathTo('compose.yaml'), 'utf8')
  const { version } = JSON.parse(readFileSync(pathTo('package.json'), 'utf8')) as { version: string }
  for (const { name, image } of containers) {
    if (name === 'service') t.equal(image, `registry.example.com/fastify-2fa:${version}`)
    else t.match(compose, `:-${image}}`)
  }
  const { images } = parse(readFileSync(pathTo('deploy/kubernetes/example/kustomization.yaml'), 'utf8')) as { images: unknown[] }
  t.equal(images.length, 3)
})
