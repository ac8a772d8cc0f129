import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import type { Environment } from '../config/read.js'
import { withSecretFiles } from '../config/secret-files.js'
import { failure, type Io } from './command.js'

/**
 * The environment on top of the working directory's `.env`, with secrets from their files. A real variable takes precedence,
 * even an empty one.
 */
export function environment ({ env, cwd }: Io): Environment {
  return withSecretFiles(withDotEnv(env, cwd))
}

function withDotEnv (env: Environment, cwd: string): Environment {
  const file = join(cwd, '.env')
  let text
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return env
    throw failure(`${file} cannot be read (${code}). Check that it is a file and that you may read it.`, 1)
  }
  return { ...parseEnv(text), ...env }
}
