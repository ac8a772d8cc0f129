// Installs the package into examples/node_modules as npm does. By a link it would be files of this repository, which
// Vitest transforms and TypeScript resolves elsewhere. Its peers are found in the repository's node_modules.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const PLACE = join(ROOT, 'examples/node_modules/fastify-2fa')

export const isInstalled = () => existsSync(join(PLACE, 'package.json'))

export function installInExamples () {
  const directory = mkdtempSync(join(tmpdir(), 'fastify-2fa-'))
  try {
    const [{ filename }] = JSON.parse(execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', directory], { cwd: ROOT, encoding: 'utf8' }))
    rmSync(PLACE, { recursive: true, force: true })
    mkdirSync(PLACE, { recursive: true })
    execFileSync('tar', ['-xzf', join(directory, filename), '--strip-components=1', '-C', PLACE])
    // The examples have other versions of some, such as Express' cookie.
    const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
    for (const name of Object.keys(dependencies)) {
      const link = join(PLACE, 'node_modules', name)
      mkdirSync(dirname(link), { recursive: true })
      symlinkSync(join(ROOT, 'node_modules', name), link, 'junction')
    }
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}
