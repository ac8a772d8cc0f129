import { GROUPS } from './setting.js'
import { type Name, names, setting } from './settings.js'

const inGroup = (group: string): Name[] => names.filter((name) => setting(name).group === group)

const fallback = (name: Name): string => {
  const { default: text, defaultInWords } = setting(name)
  return defaultInWords ?? (text === undefined ? 'none' : `\`${text}\``)
}

/** Renders the settings table of `docs/configuration.md`. */
export function renderTable (): string {
  const cell = (text: string): string => text.replaceAll('|', '\\|')
  return GROUPS.map((group) => [
    `### ${group}`,
    '',
    '| Variable | Values | Default | Meaning |',
    '|---|---|---|---|',
    ...inGroup(group).map((name) => {
      const { kind, secret, description } = setting(name)
      return `| \`${name}\` | ${[kind.shape, fallback(name), `${description}${secret ? ` Secret: never shown in logs or messages. \`${name}_FILE\` names a file that holds it.` : ''}`].map(cell).join(' | ')} |`
    }),
    ''
  ].join('\n')).join('\n')
}

/** Renders `.env.example`. Every line is commented out, so that an unedited copy changes nothing. */
export function renderExample (): string {
  const head = [
    '# Copy this file to .env and uncomment the settings you change. Environment variables take precedence over it.',
    '# docs/configuration.md explains every setting. Run `fastify-2fa config check` to check the result.',
    ''
  ]
  const body = GROUPS.flatMap((group) => [
    `# --- ${group} ---`,
    ...inGroup(group).flatMap((name) => {
      const { description, default: text, defaultInWords, example } = setting(name)
      const note = defaultInWords === undefined ? [] : [`# Default: ${defaultInWords.replaceAll('`', '')}.`]
      const value = String(text ?? example)
      const sentences = description.replaceAll('`', '').split(/(?<=\.) /)
      return [...sentences.map((sentence) => `# ${sentence}`), ...note, `# ${name}=${/["\s#]/.test(value) ? `'${value}'` : value}`]
    }),
    ''
  ])
  return [...head, ...body].join('\n')
}

/** Renders the settings as `--help` lists them. */
export function renderHelp (): string {
  const width = Math.max(...names.map((name) => name.length))
  return GROUPS.map((group) => [
    `${group}:`,
    ...inGroup(group).map((name) => `  ${name.padEnd(width)}  ${setting(name).kind.shape.replaceAll('`', '')} (${fallback(name).replaceAll('`', '')})`)
  ].join('\n')).join('\n\n')
}
