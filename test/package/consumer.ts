import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import type { Test } from 'tap'
import { pathTo } from '../root.js'

const run = promisify(execFile)
const root = pathTo('.')

interface Manifest {
  dependencies: Record<string, string>
  peerDependencies?: Record<string, string>
  peerDependenciesMeta?: Record<string, { optional: boolean }>
}

/** What `npm install fastify-2fa` brings along: no optional peers, and nothing of the repository's own tools. */
export function installed ({ dependencies, peerDependencies = {}, peerDependenciesMeta = {} }: Manifest): string[] {
  const peers = Object.keys(peerDependencies).filter((name) => peerDependenciesMeta[name]?.optional !== true)
  return [...Object.keys(dependencies), ...peers]
}

const manifest = JSON.parse(await readFile(pathTo('package.json'), 'utf8')) as Manifest

/** A directory from which the repository's packages are not found by accident, as they are from tap's own. */
export async function outside (t: Test): Promise<string> {
  const directory = await realpath(await mkdtemp(join(tmpdir(), 'fastify-2fa-')))
  t.teardown(() => rm(directory, { recursive: true, force: true }))
  return directory
}

/** Installs packages of the repository by links. */
export async function link (directory: string, names: readonly string[]): Promise<void> {
  for (const name of names) {
    const place = join(directory, 'node_modules', name)
    await mkdir(dirname(place), { recursive: true })
    await symlink(join(root, 'node_modules', name), place)
  }
}

/**
 * Makes a project that has installed the packed package. The package is a copy, so that it finds what is installed
 * here and nothing else of the repository's.
 *
 * @param packages what is installed beside it
 */
export async function installPacked (directory: string, packages: readonly string[] = [...installed(manifest), '@types/node', 'undici-types']): Promise<void> {
  const { stdout } = await run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', directory], { cwd: root })
  const [{ filename }] = JSON.parse(stdout) as [{ filename: string }]
  const place = join(directory, 'node_modules/fastify-2fa')
  await mkdir(place, { recursive: true })
  await run('tar', ['-xzf', join(directory, filename), '--strip-components=1', '-C', place])
  await link(directory, packages)
  await writeFile(join(directory, 'package.json'), JSON.stringify({ name: 'consumer', private: true, type: 'module' }))
}

/** The files of the package, as paths inside it. */
export async function filesOf (directory: string): Promise<string[]> {
  const entries = await readdir(join(directory, 'node_modules/fastify-2fa'), { recursive: true, withFileTypes: true })
  const place = `${join(directory, 'node_modules/fastify-2fa')}/`
  return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name).slice(place.length))
}
