import { ConfigInvalid } from '../errors.js'

/** One thing that is wrong, by the variable to change. */
export interface Problem {
  variable: string
  message: string
}

/** All problems in one error, so that nobody has to start the service once for each. */
export function configInvalid (problems: readonly Problem[]): Error & { code: string, problems: readonly Problem[] } {
  const lines = problems.map(({ variable, message }) => `  ${variable}: ${message}`)
  return Object.assign(new ConfigInvalid(lines.join('\n')), { problems })
}
