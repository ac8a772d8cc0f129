import { GROUPS } from './setting.js'
import { type Name, names, setting } from './settings.js'

const inGroup = (group: string): Name[] => names.filter((name) => setting(name).group === group)

const fallback = (name: Name): string => {
  const { default: text, defaultInWords } = setting(name)
  return defaultInWords ?? (text === undefined ? 'none' : `\`${text}\``)
}

/** The table of `docs/configuration.md`. */
export function renderTable (): string {
  const cell = (text: string): string => text.replaceAll('|', '\\|')
  return GROUPS.map((group) => [
    `### ${group}`,
    '',
    '| Variable | Values | Default | Meaning |',
    '|---|---|---|---|',
    ...inGroup(group).map((name) => {
      const { kind, secret, description } = setting(name)
      return `| \`${name}\` | ${[kind.shape, fallback(name), `${description}${secret ? ' Kept out of logs and messages.' : ''}`].map(cell).join(' | ')} |`
    }),
    ''
  ].join('\n')).join('\n')
}

/** `.env.example`: everything commented out, since a copy of it has to behave like no file at all. */
export function renderExample (): string {
  const head = ['# Copy to .env and uncomment what you change. The real environment wins over this file.', '# docs/configuration.md says more about each; `fastify-2fa config check` checks the result.', '']
  const body = GROUPS.flatMap((group) => [
    `# --- ${group} ---`,
    ...inGroup(group).flatMap((name) => {
      const { description, default: text, defaultInWords, example } = setting(name)
      const note = defaultInWords === undefined ? [] : [`# Default: ${defaultInWords.replaceAll('`', '')}.`]
      const value = String(text ?? example)
      return [`# ${description.replaceAll('`', '')}`, ...note, `# ${name}=${/["\s#]/.test(value) ? `'${value}'` : value}`]
    }),
    ''
  ])
  return [...head, ...body].join('\n')
}

/** The settings as `--help` lists them. */
export function renderHelp (): string {
  const width = Math.max(...names.map((name) => name.length))
  return GROUPS.map((group) => [
    `${group}:`,
    ...inGroup(group).map((name) => `  ${name.padEnd(width)}  ${setting(name).kind.shape.replaceAll('`', '')} (${fallback(name).replaceAll('`', '')})`)
  ].join('\n')).join('\n\n')
}
