import { ConfigInvalid } from '../errors.js'

/** One problem, with the variable to change. */
export interface Problem {
  variable: string
  message: string
}

/** One error for all problems, so that they can be fixed in one go. */
export function configInvalid (problems: readonly Problem[]): Error & { code: string, problems: readonly Problem[] } {
  const lines = problems.map(({ variable, message }) => `  ${variable}: ${message}`)
  return Object.assign(new ConfigInvalid(lines.join('\n')), { problems })
}
