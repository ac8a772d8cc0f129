// Compiles the sources for `npm start`, unless dist is newer than all of them.
//
// Into a fresh folder that replaces dist at the end: a service that runs from dist meanwhile keeps its files, and a build
// that fails leaves the last one in place.
import { spawnSync } from 'node:child_process'
import { readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const SOURCES = ['src', 'plugins', 'routes', 'package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json']
const [DIST, NEXT, LAST] = ['dist', 'dist.next', 'dist.last'].map((name) => join(ROOT, name))
const INFO = 'build.tsbuildinfo'

const changedAt = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0

/** When a file or anything in a folder changed. A folder itself changes when a file is removed. */
function newestIn (path) {
  const within = statSync(path).isDirectory() ? readdirSync(path, { recursive: true }).map((name) => join(path, name)) : []
  return Math.max(changedAt(path), ...within.map(changedAt))
}

function isFresh () {
  const built = changedAt(join(DIST, INFO))
  return built > 0 && SOURCES.every((name) => newestIn(join(ROOT, name)) < built)
}

function build () {
  rmSync(NEXT, { recursive: true, force: true })
  const tsc = join(ROOT, 'node_modules/typescript-native/bin/tsc')
  const { status } = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json', '--outDir', NEXT, '--tsBuildInfoFile', join(NEXT, INFO)], { cwd: ROOT, stdio: 'inherit' })
  if (status !== 0) {
    rmSync(NEXT, { recursive: true, force: true })
    return status ?? 1
  }
  rmSync(LAST, { recursive: true, force: true })
  if (changedAt(DIST) > 0) renameSync(DIST, LAST)
  renameSync(NEXT, DIST)
  rmSync(LAST, { recursive: true, force: true })
  return 0
}

process.exitCode = isFresh() ? 0 : build()
