/** The only parts of the environment that the library reads: hosts expect their `NODE_ENV` to count. */
export const nodeEnv = (): string | undefined => process.env.NODE_ENV

/** Variables of platforms that start a process for each few requests and freeze it in between; of the process, not of a local emulator. */
const FUNCTIONS: Record<string, (env: NodeJS.ProcessEnv) => boolean> = {
  'AWS Lambda': (env) => env.AWS_LAMBDA_FUNCTION_NAME !== undefined && env.AWS_SAM_LOCAL !== 'true' && env.IS_OFFLINE !== 'true',
  Vercel: (env) => env.VERCEL !== undefined && env.VERCEL_ENV !== 'development',
  'Google Cloud Functions': (env) => env.FUNCTION_TARGET !== undefined && env.K_SERVICE !== undefined,
  'Azure Functions': (env) => env.FUNCTIONS_WORKER_RUNTIME !== undefined && env.AZURE_FUNCTIONS_ENVIRONMENT !== 'Development'
}

/** The name of the serverless platform that runs this process; undefined elsewhere. */
export function serverlessPlatform (env = process.env): string | undefined {
  return Object.keys(FUNCTIONS).find((name) => FUNCTIONS[name]!(env))
}
