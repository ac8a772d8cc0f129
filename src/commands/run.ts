import { parseArgs, type ParseArgsOptionsConfig } from 'node:util'
import { didYouMean } from '../config/near.js'
import { names } from '../config/settings.js'
import { version } from '../version.js'
import { audit } from './audit.js'
import { backup } from './backup.js'
import { type Command, failure, type Flags, type Io } from './command.js'
import { config } from './config.js'
import { core } from './core.js'
import { exportCommand } from './export.js'
import { health } from './health.js'
import { importCommand } from './import.js'
import { keys } from './keys.js'
import { migrate } from './migrate.js'
import { openapi } from './openapi.js'
import { restore } from './restore.js'
import { serve } from './serve.js'
import { session } from './session.js'
import { stats } from './stats.js'
import { user } from './user.js'

const COMMANDS: Record<string, Command> = { serve, audit, config, core, health, openapi, export: exportCommand, import: importCommand, keys, migrate, user, session, stats, backup, restore }
const COMMON = { help: { type: 'boolean', short: 'h' }, version: { type: 'boolean', short: 'v' } } as const

function generalHelp (): string {
  const width = Math.max(...Object.values(COMMANDS).map(({ usage }) => usage.length))
  const lines = Object.values(COMMANDS).map(({ usage, about }) => `  fastify-2fa ${usage.padEnd(width)}  ${about}`)
  return `Two-factor authentication for Fastify, on SuperTokens.\n\n${lines.join('\n')}\n\n  --help, -h     shows this help, or the help of a command\n  --version, -v  shows the version\n\n${serve.details()}`
}

const helpOf = ({ usage, about, details }: Command): string => `fastify-2fa ${usage}\n${about}\n\n${details()}`.trimEnd() + '\n'

/** The error for an unknown flag. Suggests a similar flag, or the variable if the name is a setting. */
function refuseFlag (rawName: string, command: Command): Error {
  const name = rawName.replace(/^-+/, '')
  const variable = name.toUpperCase().replaceAll('-', '_')
  const isSetting = command === serve && (names as string[]).includes(variable)
  const hint = isSetting ? ` Set ${variable} in the environment.` : didYouMean(name, [...Object.keys(command.flags), ...Object.keys(COMMON)])
  return failure(`Unknown flag ${rawName}.${hint}`, 2)
}

function parse (command: Command, args: string[]): { flags: Flags, words: string[] } {
  const options: ParseArgsOptionsConfig = { ...COMMON, ...command.flags }
  const { values, positionals, tokens } = parseArgs({ args, options, strict: false, allowPositionals: true, tokens: true })
  for (const token of tokens) {
    if (token.kind !== 'option') continue
    const option = Object.hasOwn(options, token.name) ? options[token.name] : undefined
    if (option === undefined) throw refuseFlag(token.rawName, command)
    // In `--file --port 1` the value of `--file` was forgotten; `--port` is not its value.
    const missing = token.value === undefined || token.value === '' || (!token.inlineValue && token.value.startsWith('--'))
    if (option.type === 'string' && missing) throw failure(`--${token.name} needs a value.`, 2)
    if (option.type === 'boolean' && token.value !== undefined) throw failure(`--${token.name} takes no value.`, 2)
  }
  return { flags: values, words: positionals }
}

/** A plain message for errors the user can fix. Any other error keeps its stack, so that it can be reported. */
function explain (error: Error & { code?: string, address?: string, port?: number }): string {
  const { code, address, port } = error
  if (code === 'EADDRINUSE') return `${address}:${port} is in use by another process. Choose another port, or stop that process.`
  if (code === 'EACCES' && port !== undefined) return `Not allowed to listen on ${address}:${port}. Choose a port above 1023.`
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND' || code === 'EAI_AGAIN') return `Cannot listen on that host: it is not an address of this machine (${error.message}). Choose another host.`
  if (code?.startsWith('AUTH_') || code?.startsWith('CORE_') || 'exitCode' in error || 'syscall' in error) return error.message
  return error.stack ?? error.message
}

/** Whether a program reads along: it gets refusals where it reads results. */
function wantsJson ([name = '', ...args]: string[]): boolean {
  return Object.hasOwn(COMMANDS, name) && Object.hasOwn(COMMANDS[name]!.flags, 'json') && args.includes('--json')
}

/** That of the error, if it has one that is documented. */
function codeOf ({ code = '' }: Error & { code?: string }, exitCode: number): string {
  if (/^(?:AUTH|CORE)_/.test(code)) return code
  return exitCode === 2 ? 'COMMAND_WRONG' : 'COMMAND_FAILED'
}

/** Runs a command line and resolves with the exit code. Only a server that has started keeps the process alive. */
export async function run (argv: string[], io: Io): Promise<number> {
  try {
    const [first = ''] = argv
    const named = first !== '' && !first.startsWith('-')
    const command = named ? Object.hasOwn(COMMANDS, first) && COMMANDS[first] : serve
    if (!command) throw failure(`Unknown command "${first}".${didYouMean(first, Object.keys(COMMANDS))}`, 2)
    const { flags, words } = parse(command, named ? argv.slice(1) : argv)
    if (flags.version) io.out(`${version()}\n`)
    else if (flags.help) io.out(named ? helpOf(command) : generalHelp())
    else {
      if (words.length > 0 && ![audit, config, keys, migrate, user, session, backup, restore].includes(command)) throw failure(`Unexpected "${words[0]}".`, 2)
      return await command.run(flags, words, io)
    }
    return 0
  } catch (thrown) {
    const error = thrown instanceof Error ? thrown : new Error(String(thrown))
    io.err(`${explain(error)}\n`)
    const code = (error as { exitCode?: number }).exitCode ?? 1
    const [first = ''] = argv
    if (wantsJson(argv)) io.out(`${JSON.stringify({ error: { code: codeOf(error, code), message: error.message } })}\n`)
    if (code === 2) io.err(`Try fastify-2fa ${Object.hasOwn(COMMANDS, first) && first !== 'serve' ? `${first} ` : ''}--help\n`)
    return code
  }
}
