import { readFileSync, statSync } from 'node:fs'
import { configInvalid, type Problem } from './problems.js'
import { meant, type Environment } from './read.js'
import { names, setting } from './settings.js'

const SUFFIX = '_FILE'

/** The largest of them, keys of providers, has a few thousand bytes. */
const LARGEST = 65_536

function contentOf (path: string): { text: string } | { message: string } {
  try {
    const facts = statSync(path)
    if (!facts.isFile()) return { message: 'this is no file.' }
    if (facts.size > LARGEST) return { message: `the file is larger than ${LARGEST} bytes.` }
    // Editors and `echo` end a file with a line break, which belongs to no secret.
    const text = readFileSync(path, 'utf8').replace(/\r?\n$/, '')
    return text.trim() === '' ? { message: 'the file is empty.' } : { text }
  } catch (err) {
    return { message: `the file cannot be read (${(err as NodeJS.ErrnoException).code}). Check the path, and that the service may read it.` }
  }
}

/** Files of secrets that nobody would read: without theirs, some features are silently off. */
function misspelt (env: Environment): Problem[] {
  const known = new Set<string>(names.flatMap((name) => [name, name + SUFFIX]))
  return Object.keys(env).filter((variable) => env[variable]?.trim() && !known.has(variable) && variable.toUpperCase().endsWith(SUFFIX)).flatMap((variable) => {
    const close = meant(variable.slice(0, -SUFFIX.length))
    const name = names.find((one) => one === close)
    return name !== undefined && setting(name).secret === true ? [{ variable, message: `this setting does not exist. Did you mean ${name}${SUFFIX}?` }] : []
  })
}

/**
 * Reads secrets from files, as Docker and Kubernetes mount them: `SMTP_PASSWORD_FILE=/run/secrets/smtp` stands for
 * `SMTP_PASSWORD`. Environments are seen by more eyes than files: in `docker inspect`, crash reports and child processes.
 *
 * @throws AUTH_CONFIG_INVALID listing every file that cannot be used
 */
export function withSecretFiles (env: Environment): Environment {
  const read: Record<string, string | undefined> = { ...env }
  const problems = misspelt(env)
  for (const name of names) {
    const variable = name + SUFFIX
    const path = env[variable]?.trim()
    if (path === undefined || (names as string[]).includes(variable)) continue
    read[variable] = undefined
    if (path === '') continue
    if (setting(name).secret !== true) problems.push({ variable, message: `only secrets are read from files. Set ${name} itself.` })
    else if (env[name]?.trim()) problems.push({ variable, message: `${name} is set too. Set one of the two.` })
    else {
      const content = contentOf(path)
      if ('text' in content) read[name] = content.text
      else problems.push({ variable, message: content.message })
    }
  }
  if (problems.length > 0) throw configInvalid(problems)
  return read
}
