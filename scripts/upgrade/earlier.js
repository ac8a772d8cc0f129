import { execFileSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/**
 * The state to upgrade from while there is no release: the last one whose file of the Core has an earlier schema, so that
 * the Core has something to change.
 */
const BEFORE_RELEASES = '64704a0278383caeb7b02aed8337abff0fd9ef4e'

const git = (...args) => execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' }).trim()

/** The last release that is part of this state; undefined before the first one. */
function lastRelease () {
  try {
    return execFileSync('git', ['describe', '--tags', '--abbrev=0', '--match', 'v*'], { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  } catch {
    return undefined
  }
}

/** A commit, its date, how far it is behind, and whether its replicas tell each other of sessions that end. */
export function earlier (revision = lastRelease() ?? BEFORE_RELEASES) {
  const commit = git('rev-parse', '--verify', `${revision}^{commit}`)
  const date = git('log', '-1', '--format=%cd', '--date=short', commit)
  const tellsOfEnds = git('ls-tree', '--name-only', commit, 'src/revocations') !== ''
  return { revision, commit, date, behind: Number(git('rev-list', '--count', `${commit}..HEAD`)), tellsOfEnds }
}

/** Builds a commit in a folder, with its own packages. It is gone when this process ends. */
export function buildIn (folder, commit) {
  process.on('exit', () => {
    rmSync(folder, { recursive: true, force: true })
    git('worktree', 'prune')
  })
  git('worktree', 'add', '--quiet', '--detach', folder, commit)
  const npm = (...args) => execFileSync('npm', args, { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] })
  npm('ci', '--no-audit', '--no-fund', '--prefer-offline', '--silent')
  npm('run', 'build', '--silent')
}
